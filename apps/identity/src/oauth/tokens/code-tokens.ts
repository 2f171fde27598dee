import { Clock } from '#libs/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { errors, type AccessToken, type Account, type ClientCredentials, type KoaContextWithOIDC } from 'oidc-provider';
import { ownMetadata } from '../clients/client-metadata.js';
import { ownClaims } from './access-token-claims.js';
import { TokenSubjects } from './token-subjects.js';

type Parts = { payload: Record<string, unknown> };

/** What oidc-provider asks about users whose codes and refresh tokens it redeems. */
@Injectable()
export class CodeTokens {
  constructor(
    @Inject(TokenSubjects) private readonly subjects: TokenSubjects,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** The user, unless they, their tenant or the client's tenant say otherwise. */
  async account(context: KoaContextWithOIDC, id: string): Promise<Account | undefined> {
    const subject = await this.subjects.living(id);
    const client = ownMetadata(context.oidc.client);
    if (subject?.kind !== 'user' || (client && client.tenantId !== subject.tenantId)) return undefined;
    return { accountId: subject.id, claims: () => ({ sub: subject.id }) };
  }

  /** Puts our own claims into a token, and the time of this service's clock. @throws InvalidGrant without a living user. */
  async complete(token: AccessToken | ClientCredentials, { payload }: Parts): Promise<void> {
    const { accountId, grantId, sessionUid } = token as AccessToken;
    const subject = accountId === undefined ? undefined : await this.subjects.living(accountId);
    if (!subject || grantId === undefined) throw new errors.InvalidGrant('the account is not active');
    const seconds = Number(payload['exp']) - Number(payload['iat']);
    const iat = Math.floor(this.clock.nowMs() / 1_000);
    Object.assign(payload, ownClaims({ subject, grantId, sessionUid }), { iat, exp: iat + seconds });
    // A token that names nothing allows nothing; a narrower one is not made wider by leaving it out.
    if (payload['scope'] === undefined && payload['authorization_details'] === undefined) {
      throw new errors.InvalidScope('nothing was granted for this resource', '');
    }
  }
}
