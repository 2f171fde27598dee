import {
  AccessTokenClaims,
  ACCESS_TOKEN_SECONDS_MAX,
  EXCHANGE_CLIENT_ID,
  OWN_ISSUER_ID,
  type IssuerRecord,
} from '#libs/contracts';
import type { TokenIdentity } from '../authentication/caller.js';
import type { IdentityView } from '../identity/identity-view.js';
import { mappedSubject } from './claim-mapping.js';
import type { ExaminedToken } from './examine-token.js';
import { externalTerms, ownTerms, type TokenTerms } from './token-terms.js';

/** What a token whose signature held says, of whatever issuer. It says nothing of whether that still counts. */
export type VerifiedToken = TokenTerms & {
  /** The record that its signature was verified by. */
  readonly issuer: IssuerRecord;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly identity: TokenIdentity;
  /** The principal's tenant must be this one. */
  readonly tenantId: string;
  readonly principalId: (view: IdentityView) => string | undefined;
  /** Teams that the issuer adds, with this token only. */
  readonly teams: readonly string[];
  /** Keys of what may have ended it, besides what ends all that its principal has. */
  readonly revocationKeys: readonly string[];
  /** Undefined for external tokens. */
  readonly own: OwnPart | undefined;
};

/** What only our own tokens have. */
export type OwnPart = {
  readonly clientId: string;
  readonly epoch: number;
  /** The key that it was exchanged for. */
  readonly keyId: string | undefined;
  /** The issuer of the token that it was exchanged for. */
  readonly issuerId: string | undefined;
};

/** Longest text of an issuer's that is kept of a token, for its records. */
const TOKEN_ID_CHARACTERS_MAX = 128;

/** Reads a token whose signature holds. Undefined for one that does not say what it must. */
export function readVerified(examined: ExaminedToken): VerifiedToken | undefined {
  return examined.issuer.id === OWN_ISSUER_ID ? readOwn(examined) : readExternal(examined);
}

function readOwn({ claims, issuer }: ExaminedToken): VerifiedToken | undefined {
  const read = AccessTokenClaims.safeParse(claims).data;
  if (!read || read.exp - read.iat > ACCESS_TOKEN_SECONDS_MAX) return undefined;
  const { sub, jti, client_id: clientId, tenant, gh_grant, gh_session, gh_key, gh_issuer, gh_teams, gh_epoch } = read;
  // Nobody has that client's name for themselves: it only ever stands between a credential and a token.
  if (clientId === EXCHANGE_CLIENT_ID && gh_key === undefined && gh_issuer === undefined) return undefined;
  return {
    ...ownTerms(read),
    issuer,
    issuedAtMs: read.iat * 1_000,
    expiresAtMs: read.exp * 1_000,
    identity: identityOf(issuer, jti, clientId),
    tenantId: tenant,
    principalId: () => sub,
    // Only a mapping adds teams: which of these it still adds, if there is one, is looked up when the caller is made.
    teams: gh_teams ?? [],
    revocationKeys: [
      `token/${jti}`,
      `grant/${gh_grant}`,
      ...(gh_session === undefined ? [] : [`session/${gh_session}`]),
    ],
    own: { clientId, epoch: gh_epoch, keyId: gh_key, issuerId: gh_issuer },
  };
}

function readExternal({ claims, issuer }: ExaminedToken): VerifiedToken | undefined {
  const subject = mappedSubject(issuer, claims);
  if (!subject) return undefined;
  const { jti } = claims;
  return {
    ...externalTerms(claims),
    ...subject,
    issuer,
    issuedAtMs: claims.iat * 1_000,
    expiresAtMs: claims.exp * 1_000,
    identity: identityOf(issuer, typeof jti === 'string' ? jti : '', ''),
    tenantId: issuer.tenantId,
    revocationKeys: [],
    own: undefined,
  };
}

function identityOf({ id }: IssuerRecord, tokenId: string, clientId: string): TokenIdentity {
  return Object.freeze({ issuerId: id, tokenId: tokenId.slice(0, TOKEN_ID_CHARACTERS_MAX), clientId });
}
