import { TokenAlgorithm } from '#libs/contracts';
import { z } from 'zod';

const as = z.union([
  z.strictObject({ virtual_account: z.string() }),
  z.strictObject({ user_by: z.enum(['email', 'id']), claim: z.string() }),
]);

/** An issuer as the API shows one: which keys it has, and not the keys. */
export const ShownIssuer = z
  .strictObject({
    object: z.literal('issuer'),
    id: z.string(),
    name: z.string(),
    issuer: z.string(),
    status: z.enum(['active', 'disabled', 'deleted']),
    audiences: z.array(z.string()),
    keys_from: z.enum(['static', 'jwks_uri', 'discovery', 'own']),
    jwks_uri: z.string().nullable(),
    keys: z.array(z.strictObject({ kid: z.string().nullable(), algorithm: TokenAlgorithm })),
    /** Of the last success; null for keys that are not fetched. */
    keys_fetched_at: z.iso.datetime().nullable(),
    /** From then on they verify nothing, unless they are seen again; null: never. */
    keys_until: z.iso.datetime().nullable(),
    /** Why the last attempt to fetch them failed: a code; null after a success. */
    last_error: z.string().nullable(),
    token_types: z.array(z.string()),
    token_lifetime_seconds_max: z.int(),
    mappings: z.array(z.strictObject({ match: z.record(z.string(), z.string()), as, teams: z.array(z.string()) })),
    not_before: z.iso.datetime().nullable(),
    created_by: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Issuer' });
