import { EventStore } from '#libs/event-store';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { SupersededRecords } from './superseded-records.adapter.js';

/** How long a record outlives its successor's head, so that who reads the topic from its beginning builds a whole set. */
export const SUPERSEDED_KEPT_MS = 24 * 3_600_000;
const SWEEP_EVERY_MS = 600_000;
/** Tombstones of one transaction. */
const TOMBSTONES_MAX = 1_000;

/** Lets compaction take what nobody needs any more: former versions of documents, former upstream credentials. */
@Injectable()
export class Tombstones implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;

  constructor(
    private readonly records: SupersededRecords,
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.begin(), SWEEP_EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping;
  }

  /** Tombstones all that is due; answers how many. What a crash in between leaves unmarked is tombstoned once more. */
  async sweep(): Promise<number> {
    const supersededBy = new Date(this.clock.nowMs() - SUPERSEDED_KEPT_MS);
    for (let count = 0; ;) {
      const due = await this.records.due(supersededBy, TOMBSTONES_MAX);
      if (due.length === 0) return count;
      await this.store.publish(due.map((record) => ({ ...record, value: null })));
      await this.records.markTombstoned(due);
      count += due.length;
    }
  }

  private begin(): void {
    this.sweeping ??= this.sweep()
      .then((count) => count > 0 && this.logger.info({ count }, 'superseded policy records were tombstoned'))
      .catch((error: unknown) => this.logger.warn({ err: error }, 'superseded policy records could not be tombstoned'))
      .then(() => (this.sweeping = undefined));
  }
}
