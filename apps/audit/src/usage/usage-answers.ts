import { z } from 'zod';

/** Sums by the dimensions that were asked for; money in each currency apart. */
export const ShownUsage = z
  .strictObject({
    object: z.literal('usage'),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    data: z.array(z.looseObject({ currency: z.string(), calls: z.number(), cost: z.union([z.string(), z.number()]) })),
    truncated: z.boolean(),
  })
  .meta({ id: 'Usage' });

const Sums = z.strictObject({
  currency: z.string(),
  calls: z.number(),
  input_tokens: z.number(),
  cached_input_tokens: z.number(),
  output_tokens: z.number(),
  reasoning_tokens: z.number(),
  /** Exact. */
  cost: z.string(),
});

/** A month of a calendar, by when calls began. The lines of a currency sum up to its total. */
export const ShownUsageReport = z
  .strictObject({
    object: z.literal('usage_report'),
    month: z.string(),
    time_zone: z.string(),
    totals: z.array(Sums),
    lines: z.array(
      Sums.extend({
        principal_id: z.string().optional(),
        key_id: z.string().optional(),
        resolved_model: z.string().optional(),
      }),
    ),
    /** Of nobody; they are in a line of their own. */
    unattributed_calls: z.number(),
  })
  .meta({ id: 'UsageReport' });
