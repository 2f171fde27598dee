import { z } from 'zod';

const place = { topic: z.string(), partition: z.int() };
const writer = { ...place, replica: z.string(), boot: z.string() };

const OfLog = z.strictObject({
  object: z.literal('reconciliation'),
  scope: z.literal('everything'),
  consistent: z.boolean(),
  lag: z.int(),
  dead_letters: z.int(),
  rows: z.int(),
  distinct_ids: z.int(),
  duplicates: z.int(),
  holes: z.int(),
  missing: z.array(z.strictObject({ ...writer, first_seq: z.int(), last_seq: z.int() })),
  /** Every table of sums, and where its sums are not those of the rows. */
  rollups: z.strictObject({
    compared: z.array(z.string()),
    differing: z.array(
      z.strictObject({ ...place, rollup: z.string(), table: z.string(), first_offset: z.int(), last_offset: z.int() }),
    ),
  }),
  partitions: z.array(
    z.strictObject({ ...place, end_offset: z.int(), committed_offset: z.int().nullable(), lag: z.int() }),
  ),
  writers: z.array(
    z.strictObject({
      ...writer,
      rows: z.int(),
      decisions: z.int(),
      calls: z.int(),
      distinct_ids: z.int(),
      distinct_seqs: z.int(),
      first_seq: z.int(),
      highest_seq: z.int(),
      holes: z.int(),
      duplicates: z.int(),
    }),
  ),
  truncated: z.boolean(),
});

const OfTenant = z.strictObject({
  object: z.literal('reconciliation'),
  scope: z.literal('tenant'),
  tenant: z.string(),
  consistent: z.boolean(),
  decisions: z.int(),
  distinct_decision_ids: z.int(),
  calls: z.int(),
  distinct_call_ids: z.int(),
  allowed_calls: z.int(),
  calls_without_end: z.int(),
});

/** What was given and what is stored: of the log for the operator, of one tenant's rows for its administrators. */
export const ShownReconciliation = z.union([OfLog, OfTenant]).meta({ id: 'Reconciliation' });
