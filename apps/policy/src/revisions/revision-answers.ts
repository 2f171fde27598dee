import { z } from 'zod';

/** One revision without its documents. */
export const ShownRevision = z
  .strictObject({
    object: z.literal('revision'),
    tenant: z.string(),
    revision: z.int(),
    author: z.string(),
    /** `(erased)` where whoever gave it was erased. */
    reason: z.string().nullable(),
    rollback_of: z.int().nullable(),
    changes: z.array(z.strictObject({ kind: z.string(), name: z.string(), change: z.enum(['set', 'deleted']) })),
    document_count: z.int(),
    set_digest: z.string(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Revision' });
