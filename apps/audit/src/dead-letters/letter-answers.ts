import { z } from 'zod';

/** A record that could not be stored or acted upon. What it says is never shown: nobody knows what is in it. */
export const ShownLetter = z
  .strictObject({
    object: z.literal('dead_letter'),
    /** `<consumer>-<offset>`. */
    id: z.string(),
    status: z.enum(['dead', 'redriven']),
    /** When it was given up, why (a code), and after how many attempts. */
    at: z.string(),
    reason: z.string(),
    attempts: z.int(),
    source: z.strictObject({ topic: z.string(), partition: z.int(), offset: z.int(), at: z.string() }),
    value_bytes: z.int(),
    value_sha256: z.string(),
    /** Whether it can be sent again here: whole, and of a topic of decisions. */
    redrivable: z.boolean(),
    /** The letter that it was before it was sent again and given up once more. */
    redriven_from: z.string().nullable(),
    redriven_at: z.string().nullable(),
    redriven_times: z.int(),
  })
  .meta({ id: 'DeadLetter' });
