import { IdentityView, PolicyView, TokenAuthenticator, type Authenticated } from '#libs/access';
import { AccessTokenClaims } from '#libs/contracts';
import { Clock } from '#libs/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { decodeJwt } from 'jose';
import { PublicUrls } from '../../public-urls.js';

/** A token of ours that holds at this moment, wherever it is for. */
export type OwnToken = { readonly claims: AccessTokenClaims; readonly who: Authenticated };

/** Verifies access tokens as the guards of the services that they are for verify them. */
@Injectable()
export class OwnTokens {
  private readonly verifiers: ReadonlyMap<string, TokenAuthenticator>;

  constructor(
    @Inject(IdentityView) identity: IdentityView,
    @Inject(PolicyView) policy: PolicyView,
    @Inject(PublicUrls) { issuer, resources }: PublicUrls,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    const accepts = ['pat', 'vak', 'svc'] as const;
    this.issuer = issuer;
    this.verifiers = new Map(
      resources.map((publicUrl) => [publicUrl, new TokenAuthenticator({ identity, policy, publicUrl, accepts })]),
    );
  }

  private readonly issuer: string;

  /** Undefined for what is not ours, or holds no more. */
  async find(text: string): Promise<OwnToken | undefined> {
    const claims = readClaims(text);
    const verifier = claims?.iss === this.issuer ? this.verifiers.get(claims.aud) : undefined;
    const who = await verifier?.authenticate(text, this.clock.nowMs());
    return claims && who?.ok ? { claims, who } : undefined;
  }
}

/** What it says, before anything is verified. */
function readClaims(text: string): AccessTokenClaims | undefined {
  try {
    return AccessTokenClaims.safeParse(decodeJwt(text)).data;
  } catch {
    return undefined;
  }
}
