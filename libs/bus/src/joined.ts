import { setTimeout as delay } from 'node:timers/promises';
import type { Consumption } from './consumption.js';

export type JoinedOptions = {
  /** Aborted when nobody wants to consume any more. */
  readonly signal: AbortSignal;
  /** Between two attempts, while the brokers are away, ms. */
  readonly retryMs: number;
  /** Told of each attempt that failed before `signal` was aborted. */
  readonly onFailure: (error: unknown) => void;
};

/**
 * Tries to join until it can, so that a service starts without its brokers. Undefined once `signal` is aborted; what was
 * joined too late is left again. Never rejects for what `join` does.
 */
export async function joined(
  join: () => Promise<Consumption>,
  { signal, retryMs, onFailure }: JoinedOptions,
): Promise<Consumption | undefined> {
  while (!signal.aborted) {
    try {
      const consumption = await join();
      if (!signal.aborted) return consumption;
      await consumption.close();
    } catch (error) {
      if (signal.aborted) return undefined;
      onFailure(error);
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
