import { z } from 'zod';

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
  })
  .meta({ id: 'LiveFigures' });
