import { type AccessTokenClaims } from '#libs/contracts';
import { Clock } from '#libs/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { importJWK, SignJWT } from 'jose';
import { v7 } from 'uuid';
import { PublicUrls } from '../../public-urls.js';
import { SigningKeys } from '../../signing-keys/signing-keys.js';
import { ownClaims, type OwnClaims } from './access-token-claims.js';

/** A token to be made. At least one of `scope` and `details`. */
export type AskedToken = Omit<OwnClaims, 'grantId'> & {
  readonly clientId: string;
  readonly resource: string;
  readonly scopes: readonly string[];
  readonly details: readonly Readonly<Record<string, unknown>>[] | undefined;
  readonly seconds: number;
  /** Of an exchange: what it was exchanged for, and who acts. */
  readonly exchanged?: Pick<AccessTokenClaims, 'gh_key' | 'gh_issuer' | 'gh_teams' | 'act' | 'gh_session'>;
  /** The grant that it belongs to; one of its own unless given. */
  readonly grantId?: string | undefined;
};

/** Makes access tokens where nobody consented to anything: for a client itself, and in exchange for a credential. */
@Injectable()
export class AccessTokens {
  private signer: { readonly kid: string; readonly key: Awaited<ReturnType<typeof importJWK>> } | undefined;

  constructor(
    @Inject(SigningKeys) private readonly keys: SigningKeys,
    @Inject(PublicUrls) private readonly urls: PublicUrls,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async make(
    asked: AskedToken,
  ): Promise<{ readonly text: string; readonly tokenId: string; readonly grantId: string }> {
    const { kid, key } = await this.signing();
    const iat = Math.floor(this.clock.nowMs() / 1_000);
    const tokenId = v7();
    const grantId = asked.grantId ?? tokenId;
    const claims: AccessTokenClaims = {
      iss: this.urls.issuer,
      aud: asked.resource,
      client_id: asked.clientId,
      jti: tokenId,
      iat,
      exp: iat + asked.seconds,
      ...(asked.scopes.length > 0 && { scope: asked.scopes.join(' ') }),
      ...(asked.details && { authorization_details: [...asked.details] }),
      ...ownClaims({ ...asked, grantId }),
      ...asked.exchanged,
    };
    const text = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid }).sign(key);
    return { text, tokenId, grantId };
  }

  /** The key of this moment; importing it once is enough. */
  private async signing() {
    const [current] = this.keys.published();
    if (!current) throw new Error('There is no signing key.');
    if (this.signer?.kid !== current.kid) {
      this.signer = { kid: current.kid, key: await importJWK({ ...current.privateJwk }, 'ES256') };
    }
    return this.signer;
  }
}
