import { setTimeout as delay } from 'node:timers/promises';

export type RoundsOptions = {
  /** One round. What takes long looks at {@link Rounds.signal} between its parts. */
  readonly work: () => Promise<unknown>;
  /** Before the next round, ms; asked anew each time. */
  readonly pauseMs: () => number;
  /** Before the first, ms; as before any other where it is not given. */
  readonly firstAfterMs?: number;
  /** Told of a round that failed, unless it is stopping; the next comes all the same. */
  readonly onFailure: (error: unknown) => void;
};

/** Work that a service does again and again for as long as it runs: one round at a time, with a pause before each. */
export class Rounds {
  private readonly closing = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: RoundsOptions) {}

  /** Aborted when it is to stop. */
  get signal(): AbortSignal {
    return this.closing.signal;
  }

  /** Once; after {@link stop} it does nothing. */
  start(): void {
    this.running = this.run();
  }

  /** No further round; resolves when the present one has ended. */
  async stop(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this;
    const { work, pauseMs, firstAfterMs = pauseMs(), onFailure } = this.options;
    for (let waitMs = firstAfterMs; !signal.aborted; waitMs = pauseMs()) {
      await delay(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      await work().catch((error: unknown) => {
        if (!signal.aborted) onFailure(error);
      });
    }
  }
}
