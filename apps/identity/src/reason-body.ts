import { z } from 'zod';

/** The body of a step that may be explained. No body at all is an empty one. */
export const ReasonBody = z.strictObject({ reason: z.string().min(1).max(200).optional() }).prefault({});
export type ReasonBody = z.output<typeof ReasonBody>;
