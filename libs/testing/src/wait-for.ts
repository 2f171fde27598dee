import { setTimeout as pause } from 'node:timers/promises';

/** What a machine is given to get anything done that takes it no time at all, ms: it may stand still for seconds. */
const PATIENCE_MS = 30_000;

export type WaitOptions = {
  /** After this long the wait fails; 30 s unless given. */
  readonly timeoutMs?: number;
  /** Between two looks; 20 ms unless given. */
  readonly everyMs?: number;
  /** What was waited for, for the message of the failure. */
  readonly what?: string;
};

/**
 * Looks until `condition` answers something truthy, and returns that. A condition that throws counts as "not yet";
 * after `timeoutMs` it rejects with the last error as the cause. Specs wait with this and never for a fixed time.
 *
 * Time in which this process itself stood still does not count: what was waited for could not arrive in it either.
 */
export async function waitFor<Value>(
  condition: () => Value | Promise<Value>,
  { timeoutMs = PATIENCE_MS, everyMs = 20, what = 'the condition' }: WaitOptions = {},
): Promise<Exclude<Awaited<Value>, false | null | undefined>> {
  let deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as Exclude<Awaited<Value>, false | null | undefined>;
      last = undefined;
    } catch (error) {
      last = error;
    }
    const pausedAt = performance.now();
    if (pausedAt >= deadline) {
      const why = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}${why}`, { cause: last });
    }
    await pause(everyMs);
    deadline += Math.max(0, performance.now() - pausedAt - everyMs);
  }
}
