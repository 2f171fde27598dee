import type { Bus, OutgoingRecord } from '#libs/bus';
import type { Logger } from '#libs/telemetry';
import type { Counter } from './counter.js';
import type { ClaimPlace } from './counters.js';
import type { UsageRecords } from './usage-records.js';

/** Claims in one request to the brokers. */
const BATCH_MAX = 1_000;

type PublisherOptions = {
  readonly bus: Pick<Bus, 'publish'>;
  readonly records: UsageRecords;
  readonly self: string;
  readonly nowMs: () => number;
  readonly logger: Pick<Logger, 'warn'>;
};

/** Tells the other gateways of claims: each as it is when it leaves, however often it changed before. One request at a time. */
export class UsagePublisher {
  /** Bounded by the counters that there are. */
  private readonly dirty = new Set<Counter>();
  private running: Promise<void> | undefined;

  constructor(private readonly options: PublisherOptions) {}

  /** Is told with the next `flush`. */
  add(counter: Counter): void {
    this.dirty.add(counter);
  }

  /** Tells what there is, and what comes meanwhile. Resolves when all of it is told, or some could not be. */
  flush(): Promise<void> {
    return (this.running ??= this.run().finally(() => (this.running = undefined)));
  }

  /** Once; what cannot be removed now is found again by whoever starts later. */
  async remove(places: readonly ClaimPlace[]): Promise<void> {
    const at = this.at();
    const { bus, records, logger } = this.options;
    try {
      for (let n = 0; n < places.length; n += BATCH_MAX) {
        await bus.publish(places.slice(n, n + BATCH_MAX).map((place) => records.removal(place, at)));
      }
    } catch (error) {
      logger.warn({ err: error }, 'claims on windows that are over could not be removed');
    }
  }

  private async run(): Promise<void> {
    // In the next turn: what is reserved in this one goes along.
    await Promise.resolve();
    while (this.dirty.size > 0) {
      const counters = [...this.dirty].slice(0, BATCH_MAX);
      for (const counter of counters) this.dirty.delete(counter);
      if (await this.isTold(counters)) continue;
      // They may have arrived all the same: to say it again does no harm.
      for (const counter of counters) this.dirty.add(counter);
      return;
    }
  }

  private async isTold(counters: readonly Counter[]): Promise<boolean> {
    const { bus, logger } = this.options;
    const at = this.at();
    try {
      await bus.publish(counters.map((counter) => this.recordOf(counter, at)));
      return true;
    } catch (error) {
      logger.warn({ err: error }, 'claims on limits could not be told to the other gateways');
      return false;
    }
  }

  private recordOf(counter: Counter, at: string): OutgoingRecord {
    const { records, self } = this.options;
    const { claim, position } = counter.publish();
    return records.claim(counter.window, claim, { writer: self, position }, at);
  }

  private at(): string {
    return new Date(this.options.nowMs()).toISOString();
  }
}
