import { z } from 'zod';

/**
 * What a revocation names: a token by its `jti` (of our own issuer), all tokens of one grant (consent, refresh family
 * or client-credentials grant), of one login session, or all that a principal has, of whatever issuer.
 */
export const RevocationKind = z.enum(['token', 'grant', 'session', 'principal']);
export type RevocationKind = z.output<typeof RevocationKind>;

/** `revocation/<kind>/<id>` on `identity.state.v1`. Tokens issued after `at` are not concerned. */
export const RevocationRecord = z.object({
  kind: RevocationKind,
  id: z.string(),
  tenantId: z.string(),
  /** `iat` counts whole seconds, so a token of the very second is refused too. */
  at: z.iso.datetime(),
  /** From then on every token that it could concern has expired by itself; the record may be forgotten. */
  until: z.iso.datetime(),
});
export type RevocationRecord = z.output<typeof RevocationRecord>;
