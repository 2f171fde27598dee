import { EventStore } from '#libs/event-store';
import { Rounds } from '#libs/service';
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
  private readonly rounds = new Rounds({
    work: () => this.round(),
    pauseMs: () => SWEEP_EVERY_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'superseded policy records could not be tombstoned'),
  });

  constructor(
    private readonly records: SupersededRecords,
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
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

  private async round(): Promise<void> {
    const count = await this.sweep();
    if (count > 0) this.logger.info({ count }, 'superseded policy records were tombstoned');
  }
}
