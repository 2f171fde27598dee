import type { RotationSchedule } from '#libs/contracts';
import { z } from 'zod';

/** Thirty days: an overlap is for rolling a secret out, not for keeping two. */
export const OVERLAP_SECONDS_MAX = 2_592_000;
/** Shorter ones would be under way all the time. */
const ROTATION_SECONDS_MIN = 3_600;
/** Ten years: rarer is never. */
const ROTATION_SECONDS_MAX = 315_360_000;

export const RotationBody = z.union([
  z
    .strictObject({
      every_seconds: z.int().min(ROTATION_SECONDS_MIN).max(ROTATION_SECONDS_MAX),
      overlap_seconds: z.int().min(0).max(OVERLAP_SECONDS_MAX),
      /** One of the operator's sinks. */
      sink: z.string().min(1).max(63),
    })
    .refine((body) => body.overlap_seconds < body.every_seconds, {
      path: ['overlap_seconds'],
      message: 'shorter than the time between two rotations',
    }),
  /** No longer by itself. */
  z.strictObject({ sink: z.null() }),
]);
export type RotationBody = z.output<typeof RotationBody>;

/** What was asked for, as it is stored; null where it is to end. */
export function scheduleOf(body: RotationBody): RotationSchedule | null {
  if (body.sink === null) return null;
  return { everySeconds: body.every_seconds, overlapSeconds: body.overlap_seconds, sink: body.sink };
}

/** A schedule as the API shows one. */
export const ShownSchedule = z.strictObject({ every_seconds: z.int(), overlap_seconds: z.int(), sink: z.string() });

export function shownSchedule({ everySeconds, overlapSeconds, sink }: RotationSchedule) {
  return { every_seconds: everySeconds, overlap_seconds: overlapSeconds, sink };
}
