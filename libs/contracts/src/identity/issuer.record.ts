import { z } from 'zod';

/** Id of Gatehouse's own issuer, in the tenant `platform`. */
export const OWN_ISSUER_ID = 'gatehouse';

/** Longest life that an external issuer's tokens may be given, seconds: revocations are remembered for as long. */
export const EXTERNAL_TOKEN_SECONDS_MAX = 86_400;

/** Signature algorithms that a key may be pinned to: asymmetric ones only. */
export const TokenAlgorithm = z.enum([
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
]);
export type TokenAlgorithm = z.output<typeof TokenAlgorithm>;

/** One public key; the token's header chooses among these by `kid` and never an algorithm. */
export const IssuerKey = z.object({
  /** Null only where the issuer has exactly one key and its tokens name none. */
  kid: z.string().min(1).max(256).nullable(),
  algorithm: TokenAlgorithm,
  /** RFC 7517, public members only. */
  jwk: z.record(z.string(), z.unknown()),
});
export type IssuerKey = z.output<typeof IssuerKey>;

/** Claim → principal. The first rule whose `match` holds decides; where none does, the token is invalid. */
export const IssuerMapping = z.object({
  /** Top-level claim → glob (`*` within, `**` across `/`) that its text, or one of its texts, matches; all must hold. */
  match: z.record(z.string(), z.string()),
  /** Whom the token acts as: one virtual account, or the user whose verified e-mail address or id a claim holds. */
  as: z.union([
    z.object({ virtualAccountId: z.string() }),
    z.object({ userBy: z.enum(['email', 'id']), claim: z.string() }),
  ]),
  /** Teams that the principal counts as a member of, with this token only. */
  teams: z.array(z.string()),
});
export type IssuerMapping = z.output<typeof IssuerMapping>;

/** `issuer/<id>` on `identity.state.v1`: whose tokens are accepted, with the keys, so that no guard fetches any. */
export const IssuerRecord = z.object({
  id: z.string(),
  /** Whose principals it may speak for; `platform` for our own, whose tokens name the tenant. */
  tenantId: z.string(),
  status: z.enum(['active', 'disabled', 'deleted']),
  /** Exactly what `iss` must be. No two records have one issuer and one audience in common. */
  issuer: z.string(),
  /** What `aud` may be. Our own tokens must name the resource that they are presented at. */
  audiences: z.array(z.string()),
  /** What `typ` may be, lower case, without `application/`. Ours: `at+jwt`. */
  tokenTypes: z.array(z.string()),
  keys: z.array(IssuerKey),
  /** When the keys must have been seen again by identity, or they verify nothing any more; null: never. */
  keysUntil: z.iso.datetime().nullable(),
  /** Longest `exp` − `iat` that is accepted. */
  lifetimeSecondsMax: z.int(),
  /** Tokens issued at or before it are refused; null: none are for that. */
  notBefore: z.iso.datetime().nullable(),
  mappings: z.array(IssuerMapping),
});
export type IssuerRecord = z.output<typeof IssuerRecord>;
