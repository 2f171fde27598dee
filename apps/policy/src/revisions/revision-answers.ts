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

/** What differs between two revisions: whole documents, and in changed ones each field by its JSON pointer. */
export const ShownDifference = z
  .strictObject({
    object: z.literal('revision_difference'),
    tenant: z.string(),
    from: z.int(),
    to: z.int(),
    documents: z.array(
      z.strictObject({
        kind: z.string(),
        name: z.string(),
        change: z.enum(['added', 'deleted', 'changed']),
        fields: z.array(
          z.strictObject({ pointer: z.string(), from: z.unknown().optional(), to: z.unknown().optional() }),
        ),
      }),
    ),
    /** Documents beyond those told. */
    more_documents: z.int(),
  })
  .meta({ id: 'RevisionDifference' });
