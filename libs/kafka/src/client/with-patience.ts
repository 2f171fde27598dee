import { setTimeout as pause } from 'node:timers/promises';
import { isRetriable } from './kafka-failure.js';
import { within } from './within.js';

const RETRY_MS = { first: 50, max: 1000 };

export type Patience = {
  /** Over all attempts and the waits between them, which double, ms. */
  readonly timeoutMs: number;
  /** How long after the first attempt this failure may still pass, ms; by default `timeoutMs`. */
  readonly patienceMs?: (error: unknown) => number;
  /** What it rejects with when an attempt has not ended in time. */
  readonly late: () => Error;
};

/**
 * Makes an attempt again as long as it fails with what may pass, see `isRetriable`. Rejects with the failure of the last
 * one; one that is late is left alone: whoever began it must see to it that nothing comes of it any more.
 */
export async function withPatience<Answer>(
  attempt: () => Promise<Answer>,
  { timeoutMs, patienceMs = () => timeoutMs, late }: Patience,
): Promise<Answer> {
  const startedMs = performance.now();
  for (let waitMs = RETRY_MS.first; ; waitMs = Math.min(waitMs * 2, RETRY_MS.max)) {
    try {
      const attempted = attempt();
      if (await within(startedMs + timeoutMs - performance.now(), attempted)) return await attempted;
      throw late();
    } catch (error) {
      if (!isRetriable(error) || performance.now() - startedMs + waitMs >= patienceMs(error)) throw error;
      await pause(waitMs);
    }
  }
}
