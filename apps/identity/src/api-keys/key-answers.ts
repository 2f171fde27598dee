import { KeyKind, KeyRestrictions, Labels } from '#libs/contracts';
import { z } from 'zod';
import { ShownSchedule } from '../rotations/rotation-body.js';

/** A key as the API shows one: never its text. */
export const ShownKey = z
  .strictObject({
    object: z.literal('api_key'),
    id: z.string(),
    /** Null once its owner was erased. */
    name: z.string().nullable(),
    owner: z.string(),
    kind: KeyKind,
    status: z.enum(['active', 'suspended', 'revoked', 'expired']),
    leaked: z.boolean(),
    redacted_value: z.string(),
    restrictions: KeyRestrictions,
    labels: Labels,
    created_at: z.iso.datetime(),
    rotated_at: z.iso.datetime().nullable(),
    overlap_until: z.iso.datetime().nullable(),
    not_before: z.iso.datetime().nullable(),
    expires_at: z.iso.datetime().nullable(),
    /** To the minute, as audit has told it; null for never. */
    last_used_at: z.iso.datetime().nullable(),
    /** Where it rotates by itself; `failures` one after the other, 0 once it has worked. */
    rotation: z
      .strictObject({
        ...ShownSchedule.shape,
        next_at: z.iso.datetime(),
        failures: z.int(),
        /** Because all keys of its virtual account do; it is changed there. */
        of_account: z.boolean(),
      })
      .nullable(),
    /** Where a policy revoked it, and nobody by hand. */
    revocation_cause: z.literal('unused').optional(),
  })
  .meta({ id: 'ApiKey' });

/** With its text, once: a repetition under an `Idempotency-Key` is without `value`. */
export const IssuedKey = z.strictObject({ ...ShownKey.shape, value: z.string().optional() }).meta({ id: 'IssuedKey' });
