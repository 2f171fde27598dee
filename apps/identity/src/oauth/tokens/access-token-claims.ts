import type { AccessTokenClaims } from '#libs/contracts';
import type { TokenSubject } from './token-subjects.js';

/** What our claims are made of beyond those of RFC 9068. */
export type OwnClaims = {
  readonly subject: TokenSubject;
  /** What `revocation/grant/<id>` ends. */
  readonly grantId: string;
  readonly sessionUid?: string | undefined;
};

/** The claims that only our tokens have. `tenant` and `teams` are hints; what holds is what the records say. */
export function ownClaims({ subject, grantId, sessionUid }: OwnClaims) {
  const { id, tenantId, epoch, teams } = subject;
  return {
    sub: id,
    tenant: tenantId,
    ...(teams.length > 0 && { teams: [...teams] }),
    gh_epoch: epoch,
    gh_grant: grantId,
    ...(sessionUid !== undefined && { gh_session: sessionUid }),
  } satisfies Partial<AccessTokenClaims>;
}
