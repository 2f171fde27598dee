import { isRecord } from './token-count.js';

/** No recording in one call is longer than a day; a larger figure is an upstream's mistake or its attack on a budget. */
const durationSecondsMax = 86_400;

/** What OpenAI's `usage: {type: 'duration', seconds}` says, in whole ms, rounded up; undefined where it cannot be true. */
export function durationMs(reported: unknown): number | undefined {
  if (!isRecord(reported) || reported.type !== 'duration') return undefined;
  const { seconds } = reported;
  const isPossible = typeof seconds === 'number' && seconds >= 0 && seconds <= durationSecondsMax;
  return isPossible ? Math.ceil(seconds * 1_000) : undefined;
}
