import { EXTERNAL_TOKEN_SECONDS_MAX, Slug } from '#libs/contracts';
import { z } from 'zod';
import { ListQuery } from '../lists/list-query.js';
import { KeySetBody } from '../public-keys/static-key-set.js';

const LIFETIME_SECONDS_DEFAULT = 3_600;
const URL_CHARACTERS_MAX = 512;

const distinct = <Item extends z.ZodType>(item: Item, least: number, most: number) =>
  z
    .array(item)
    .min(least)
    .max(most)
    .refine((items) => new Set(items).size === items.length, 'each once');

/** Visible ASCII: what is compared character by character must not look like something else. */
const exact = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[\x21-\x7e]+$/, 'visible ASCII without spaces');

const Mapping = z.strictObject({
  /** Claim → what its text, or one of its texts, must match: `*` within a part between `/`, `**` across. All must hold. */
  match: z
    .record(z.string().min(1).max(128), z.string().min(1).max(256))
    .refine((match) => Object.keys(match).length > 0, 'name at least one claim')
    .refine((match) => Object.keys(match).length <= 8, 'at most 8 claims'),
  as: z.union([
    z.strictObject({ virtual_account: z.string().min(1).max(80) }),
    z.strictObject({ user_by: z.enum(['email', 'id']), claim: z.string().min(1).max(128) }),
  ]),
  teams: distinct(Slug, 0, 16).default([]),
});
export type MappingBody = z.output<typeof Mapping>;

const settings = {
  audiences: distinct(exact(URL_CHARACTERS_MAX), 1, 16),
  token_types: distinct(z.string().regex(/^[a-z0-9.+-]{1,64}$/, 'lower case, without application/'), 1, 8),
  token_lifetime_seconds_max: z.int().min(60).max(EXTERNAL_TOKEN_SECONDS_MAX),
  mappings: z.array(Mapping).min(1).max(20),
  jwks: KeySetBody,
};
const uri = exact(URL_CHARACTERS_MAX);
const notBoth = [
  (body: { jwks?: unknown; jwks_uri?: unknown }) => body.jwks === undefined || body.jwks_uri === undefined,
  'give jwks or jwks_uri, not both',
] as const;

export const TrustIssuerBody = z
  .strictObject({
    name: Slug,
    /** Exactly what `iss` is. */
    issuer: exact(URL_CHARACTERS_MAX),
    audiences: settings.audiences,
    /** Where the keys are; without it and without `jwks`, where the issuer's discovery document says. */
    jwks_uri: uri.optional(),
    jwks: settings.jwks.optional(),
    token_types: settings.token_types.default(['jwt']),
    token_lifetime_seconds_max: settings.token_lifetime_seconds_max.default(LIFETIME_SECONDS_DEFAULT),
    mappings: settings.mappings,
    tenant: z.string().min(1).max(63).optional(),
  })
  .refine(...notBoth);
export type TrustIssuerBody = z.output<typeof TrustIssuerBody>;

export const ChangeIssuerBody = z
  .strictObject({
    audiences: settings.audiences.optional(),
    /** Null: where the issuer's discovery document says. */
    jwks_uri: uri.nullable().optional(),
    jwks: settings.jwks.optional(),
    token_types: settings.token_types.optional(),
    token_lifetime_seconds_max: settings.token_lifetime_seconds_max.optional(),
    mappings: settings.mappings.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'change something')
  .refine(...notBoth);
export type ChangeIssuerBody = z.output<typeof ChangeIssuerBody>;

export const IssuerListQuery = ListQuery.extend({
  status: z.enum(['active', 'disabled', 'deleted']).optional(),
  issuer: z.string().min(1).max(URL_CHARACTERS_MAX).optional(),
});
export type IssuerListQuery = z.output<typeof IssuerListQuery>;
