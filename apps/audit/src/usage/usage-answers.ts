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
