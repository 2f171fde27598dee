import { z } from 'zod';

/** What lint has to say, with its place. */
export const ShownFinding = z
  .strictObject({
    file: z.string(),
    line: z.int(),
    column: z.int(),
    message: z.string(),
    rule: z.string(),
    pointer: z.string().optional(),
    document: z.string().optional(),
    suggestion: z.string().optional(),
  })
  .meta({ id: 'Finding' });

/** What was applied. */
export const ShownApplied = z
  .strictObject({
    object: z.literal('revision'),
    tenant: z.string(),
    revision: z.int(),
    /** False where everything was in force already; then there is no new revision. */
    changed: z.boolean(),
    changes: z.array(z.strictObject({ kind: z.string(), name: z.string(), change: z.enum(['set', 'deleted']) })),
    warnings: z.array(ShownFinding),
    propagation: z.enum(['published', 'pending']),
  })
  .meta({ id: 'AppliedRevision' });

/** 202 while the broker does not have it yet. */
export const appliedAnswers = { 200: ShownApplied, 202: ShownApplied };

/** Documents as YAML, several in one text, or as JSON: one, a list, or files by name. */
export const takesBundle = {
  'application/yaml': z.string(),
  'application/json': z.unknown(),
};
