import { setTimeout as pause } from 'node:timers/promises';

export type WaitOptions = {
  /** After this long the wait fails; 10 s unless given. */
  readonly timeoutMs?: number;
  /** Between two looks; 20 ms unless given. */
  readonly everyMs?: number;
  /** What was waited for, for the message of the failure. */
  readonly what?: string;
};

/**
 * Looks until `condition` answers something truthy, and returns that. A condition that throws counts as "not yet";
 * after `timeoutMs` it rejects with the last error as the cause. Specs wait with this and never for a fixed time.
 */
export async function waitFor<Value>(
  condition: () => Value | Promise<Value>,
  { timeoutMs = 10_000, everyMs = 20, what = 'the condition' }: WaitOptions = {},
): Promise<Exclude<Awaited<Value>, false | null | undefined>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as Exclude<Awaited<Value>, false | null | undefined>;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline) {
      const why = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}${why}`, { cause: last });
    }
    await pause(everyMs);
  }
}
