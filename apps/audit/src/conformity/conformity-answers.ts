import { z } from 'zod';
import { NotDecidedAgain } from '../explain/explain-answers.js';

const Decided = z.strictObject({
  decision: z.enum(['allow', 'deny']),
  reason: z.string(),
  statements: z.array(z.string()),
});

/** How many of the last decisions were made again, and which differ from what is stored. */
export const ShownConformity = z
  .strictObject({
    object: z.literal('conformity'),
    conforms: z.boolean(),
    looked_at: z.int(),
    decided_again: z.int(),
    /** Numbers of decisions by why they were not made again. */
    not_decided_again: z.partialRecord(NotDecidedAgain, z.int()),
    differing: z.int(),
    differences: z.array(
      z.strictObject({
        decision_id: z.string(),
        at: z.string(),
        policy_revision: z.int(),
        columns: z.array(z.string()),
        recorded: Decided,
        again: Decided,
      }),
    ),
  })
  .meta({ id: 'Conformity' });
