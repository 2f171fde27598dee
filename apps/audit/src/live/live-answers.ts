import { z } from 'zod';

/** How much of a limit is used in the window at hand. Amounts are decimal text. */
const ShownQuota = z.strictObject({
  tenant_id: z.string(),
  /** `Limits/<document>/<rule>` */
  rule: z.string(),
  unit: z.string(),
  /** Whose counter it is, by what the rule tells apart. */
  per: z.record(z.string(), z.string()),
  used: z.string(),
  limit: z.string(),
  window_start: z.iso.datetime(),
  window_end: z.iso.datetime(),
});

/** The fullest first; a limit that nobody used in its window is not there. */
const ShownQuotas = z.strictObject({ data: z.array(ShownQuota), truncated: z.boolean() });
export type ShownQuotas = z.output<typeof ShownQuotas>;

/** Of whole minutes, the present one included. */
export const ShownLiveFigures = z
  .strictObject({
    object: z.literal('live_figures'),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    requests: z.number(),
    allowed: z.number(),
    denied: z.number(),
    denials: z.array(z.strictObject({ reason: z.string(), denied: z.number() })),
    /** Calls, tokens and costs, each currency apart. */
    usage: z.array(z.looseObject({ currency: z.string(), calls: z.number() })),
    /** Null for a moment after audit's start. */
    quotas: ShownQuotas.nullable(),
  })
  .meta({ id: 'LiveFigures' });
