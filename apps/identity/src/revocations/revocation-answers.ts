import { RevocationKind } from '#libs/contracts';
import { z } from 'zod';

/** Where what was revoked is known to be refused: a key (`key_id`), or tokens (`kind`, `id`, `until`). */
export const ShownRevocation = z
  .strictObject({
    object: z.literal('revocation'),
    key_id: z.string().optional(),
    kind: RevocationKind.optional(),
    /** Of the principal, grant, session or token. */
    id: z.string().optional(),
    status: z.literal('revoked'),
    revoked_at: z.iso.datetime().nullable(),
    /** When every token that it concerns has expired by itself. */
    until: z.iso.datetime().optional(),
    position: z.string(),
    /** No replica is pending. */
    complete: z.boolean(),
    replicas: z.array(
      z.strictObject({
        replica: z.string(),
        service: z.string(),
        state: z.enum(['applied', 'stopped', 'fenced', 'pending']),
        applied_at: z.iso.datetime().nullable(),
        last_seen_at: z.iso.datetime(),
      }),
    ),
  })
  .meta({ id: 'Revocation' });

/** Nothing that was issued until then is accepted. */
export const ShownTokenRevocation = z
  .strictObject({
    object: z.literal('revocation'),
    kind: z.literal('principal'),
    id: z.string(),
    revoked_at: z.iso.datetime(),
  })
  .meta({ id: 'TokenRevocation' });
