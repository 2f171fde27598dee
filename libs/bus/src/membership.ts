import { setTimeout as delay } from 'node:timers/promises';
import type { Consumption } from './consumption.js';

/** A consumption, or whatever else reads until it is closed. */
type Joined = Pick<Consumption, 'close'>;

export type MembershipOptions = {
  /** One attempt; `signal` is aborted when nobody wants to consume any more. */
  readonly join: (signal: AbortSignal) => Promise<Joined>;
  /** Between two attempts, while the brokers are away, ms. */
  readonly retryMs: number;
  /** Told of each attempt that failed, unless it is to stop. */
  readonly onFailure: (error: unknown) => void;
};

/** A place in a group for as long as a service runs. It tries to join until it can, so that a service starts without its brokers. */
export class Membership {
  private readonly closing = new AbortController();
  private joining: Promise<void> = Promise.resolve();
  private consumption: Joined | undefined;

  constructor(private readonly options: MembershipOptions) {}

  get isJoined(): boolean {
    return this.consumption !== undefined;
  }

  /** Once; after {@link stop} it does nothing. Resolves when it has joined or is to stop; never rejects for what `join` does. */
  start(): Promise<void> {
    this.joining = this.join();
    return this.joining;
  }

  /** Leaves, and joins no more: what was joined too late is left again. `timeoutMs` is that of the consumption. */
  async stop(timeoutMs?: number): Promise<void> {
    this.closing.abort();
    await this.joining;
    await this.consumption?.close(timeoutMs);
  }

  private async join(): Promise<void> {
    const { signal } = this.closing;
    const { join, retryMs, onFailure } = this.options;
    while (!signal.aborted) {
      try {
        const consumption = await join(signal);
        if (signal.aborted) await consumption.close();
        else this.consumption = consumption;
        return;
      } catch (error) {
        if (signal.aborted) return;
        onFailure(error);
        await delay(retryMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
