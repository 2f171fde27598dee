import { z } from 'zod';

const Decided = {
  decision: z.enum(['allow', 'deny']),
  reason: z.string(),
  statements: z.array(z.string()),
  policy_revision: z.int(),
  platform_revision: z.int(),
  engine_version: z.string(),
};
const Again = z.strictObject({
  ...Decided,
  code: z.string().nullable(),
  failed_boundaries: z.array(z.string()),
  missing_attributes: z.array(z.string()),
  near_misses: z.array(z.strictObject({ statement: z.string(), because: z.string() })),
});

/** Why a decision was not made again; see `Undecidable`. */
export const NotDecidedAgain = z.enum(['not_by_policy', 'several_questions', 'narrowing_unknown', 'documents_unknown']);

/** A stored decision, the same made again with the documents of its time, and with those of now. */
export const ExplainedDecision = z
  .strictObject({
    object: z.literal('decision_explanation'),
    decision_id: z.string(),
    tenant_id: z.string(),
    recorded: z.strictObject({
      ...Decided,
      at: z.string(),
      action: z.string(),
      resource: z.string(),
      code: z.string(),
      applied_rules: z.array(z.string()),
    }),
    not_decided_again: NotDecidedAgain.nullable(),
    at_the_time: Again.nullable(),
    /** Columns of the record that are not what is decided again. */
    differences: z.array(z.string()),
    now: z.strictObject({ ...Again.shape, principal_status: z.string(), key_status: z.string().nullable() }).nullable(),
  })
  .meta({ id: 'DecisionExplanation' });
