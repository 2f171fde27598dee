import { z } from 'zod';

/** Where a revoked key is known to be refused. */
export const ShownRevocation = z
  .strictObject({
    object: z.literal('revocation'),
    key_id: z.string(),
    status: z.literal('revoked'),
    revoked_at: z.iso.datetime().nullable(),
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
