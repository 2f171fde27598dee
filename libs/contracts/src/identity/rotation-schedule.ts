import { z } from 'zod';

/** How often something rotates by itself, how long the former secret goes on, and the operator's sink for the new one. */
export const RotationSchedule = z.object({
  everySeconds: z.int().min(1),
  overlapSeconds: z.int().min(0),
  sink: z.string(),
});
export type RotationSchedule = z.output<typeof RotationSchedule>;
