import { z } from 'zod';

/** What would be decided, and what nearly made it another decision. */
export const ShownExplanation = z
  .strictObject({
    object: z.literal('explanation'),
    subject: z.string(),
    principal: z.string(),
    action: z.string(),
    resource: z.string(),
    decision: z.enum(['allow', 'deny']),
    code: z.string().nullable(),
    reason: z.string(),
    statements: z.array(z.string()),
    failed_boundaries: z.array(z.string()),
    missing_attributes: z.array(z.string()),
    near_misses: z.array(z.strictObject({ statement: z.string(), because: z.string() })),
    policy_revision: z.int(),
    platform_revision: z.int(),
    engine_version: z.string(),
  })
  .meta({ id: 'Explanation' });
