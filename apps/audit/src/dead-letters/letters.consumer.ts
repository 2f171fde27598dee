import { Bus, Membership, type ConsumedBatch, type Consumption } from '#libs/bus';
import { Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { IngestSource } from '../ingest/ingest-source.js';
import { rowOfLetter } from './letter-row.js';

/** Letters that one insert notes. */
const LETTERS_AT_ONCE = 500;
const RETRY_MS = 2_000;

/**
 * Notes every dead letter of every service, so that somebody sees it. Noting one again changes nothing, so an insert that
 * failed is repeated with its batch.
 */
@Injectable()
export class LettersConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly membership = new Membership({
    join: () => this.consume(),
    retryMs: RETRY_MS,
    onFailure: (error) => this.logger.warn({ err: error }, 'dead letters cannot be read yet'),
  });

  constructor(
    private readonly bus: Bus,
    private readonly database: AuditDatabase,
    private readonly source: IngestSource,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    void this.database.ready.then(() => this.membership.start());
  }

  async onModuleDestroy(): Promise<void> {
    await this.membership.stop();
  }

  private async consume(): Promise<Consumption> {
    const { letters, lettersGroup: group } = this.source;
    await this.bus.ensureTopics(letters);
    return this.bus.consume({
      group,
      topics: letters.map(({ name }) => name),
      batchMax: LETTERS_AT_ONCE,
      onBatch: (batch) => this.note(batch),
    });
  }

  private async note(batch: ConsumedBatch): Promise<void> {
    await this.database.insert(
      'dead_letters',
      batch.records.map(rowOfLetter).filter((row) => row !== undefined),
    );
    await batch.commit(batch.lastOffset + 1n);
  }
}
