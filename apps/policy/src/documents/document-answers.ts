import { z } from 'zod';

/** A document in force as people wrote it, with the revision that last changed it. `spec` is that of its kind's schema. */
export const ShownDocument = z
  .strictObject({
    object: z.literal('policy_document'),
    revision: z.int(),
    apiVersion: z.string(),
    kind: z.string(),
    metadata: z.looseObject({ name: z.string(), tenant: z.string() }),
    spec: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'PolicyDocument' });
