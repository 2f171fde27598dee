import { z } from 'zod';

/** One line for each time and group. Counts are numbers, costs exact decimals as text, percentiles null without a value. */
export const ShownFigures = z
  .strictObject({
    object: z.literal('figures'),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    /** Whether sums by minute answered or the rows themselves; they say the same. */
    basis: z.enum(['rollup', 'rows']),
    data: z.array(z.looseObject({ time: z.iso.datetime().optional() })),
    /** There are more groups than an answer has. */
    truncated: z.boolean(),
  })
  .meta({ id: 'Figures' });
