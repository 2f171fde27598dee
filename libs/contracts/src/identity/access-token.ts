import { z } from 'zod';

/** Life of an access token, seconds, unless its client asks for less. */
export const ACCESS_TOKEN_SECONDS = 900;
/** Longest life of an access token of ours, seconds. */
export const ACCESS_TOKEN_SECONDS_MAX = 3_600;

/**
 * Claims of our own access tokens (RFC 9068, `typ` `at+jwt`). `tenant`, `teams` and `roles` are hints for readers: what
 * holds is what the state records and the policy of the moment say. At least one of `scope` and `authorization_details`.
 */
export const AccessTokenClaims = z.object({
  iss: z.string(),
  /** Id of the principal. */
  sub: z.string(),
  /** The one resource (RFC 8707) that it is for: a service's public URL. */
  aud: z.string(),
  client_id: z.string(),
  jti: z.string(),
  iat: z.int(),
  exp: z.int(),
  /** Action names with spaces between. */
  scope: z.string().optional(),
  /** RFC 9396; each `{type: 'gatehouse', actions, resources, when?, unless?}`: a statement that must allow. */
  authorization_details: z.array(z.record(z.string(), z.unknown())).optional(),
  tenant: z.string(),
  teams: z.array(z.string()).optional(),
  roles: z.array(z.string()).optional(),
  /** The principal's epoch when it was issued; another one ends it. */
  gh_epoch: z.int(),
  /** What `revocation/grant/<id>` ends. */
  gh_grant: z.string(),
  /** The login session, where there was one: `revocation/session/<id>`. */
  gh_session: z.string().optional(),
  /** Exchanged for this key: its status and its restrictions hold, live. */
  gh_key: z.string().optional(),
  /** Exchanged for a token of this issuer record: it must still be active. */
  gh_issuer: z.string().optional(),
  /** Teams that the issuer's mapping added to the exchanged token. */
  gh_teams: z.array(z.string()).optional(),
  /** RFC 8693: who acts. */
  act: z.looseObject({ sub: z.string() }).optional(),
});
export type AccessTokenClaims = z.output<typeof AccessTokenClaims>;
