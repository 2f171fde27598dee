import { Bus, DeadLetters, type CommittedOffset } from '#libs/bus';
import { RangeWriter, type StoredRange } from '#libs/clickhouse';
import { Readiness } from '#libs/http';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { KeyUseFeed } from '../key-uses/key-use-feed.js';
import { IngestSource } from './ingest-source.js';
import { PartitionIngest, TABLES } from './partition-ingest.js';
import { RangeConsumption } from './range-consumption.js';

/** Kafka records per range; of up to 64 decisions each, so a range stays below the writer's bound. */
const RECORDS_PER_RANGE_MAX = 500;

/** Decisions of every service, from Kafka into ClickHouse. */
@Injectable()
export class DecisionsConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly consumption: RangeConsumption;
  private readonly writer: RangeWriter;
  private readonly deadLetters: DeadLetters;

  constructor(
    private readonly bus: Bus,
    private readonly database: AuditDatabase,
    private readonly source: IngestSource,
    private readonly uses: KeyUseFeed,
    logger: Logger,
    clock: Clock,
    readiness: Readiness,
  ) {
    const { group, topics, consumer } = source;
    this.writer = new RangeWriter(database.client, database.name, TABLES);
    this.deadLetters = new DeadLetters(bus, consumer, () => clock.nowMs());
    this.consumption = new RangeConsumption({
      bus,
      logger,
      group,
      topics: topics.map(({ name }) => name),
      recordsMax: RECORDS_PER_RANGE_MAX,
      prepare: () => this.prepare(),
      open: (place, committed) => this.open(place, committed),
    });
    readiness.register('ingest', () => this.consumption.isRunning || 'waiting for ClickHouse and Kafka');
  }

  onApplicationBootstrap(): void {
    void this.database.ready.then(() => this.consumption.start());
  }

  async onModuleDestroy(): Promise<void> {
    await this.consumption.close();
  }

  private async prepare(): Promise<void> {
    const { topics, deadLetters, keyUses, findings } = this.source;
    await this.bus.ensureTopics([...topics, deadLetters, keyUses, findings]);
    await this.writer.prepare();
  }

  private open(place: { topic: string; partition: number }, committed: CommittedOffset | null): PartitionIngest {
    const { database, writer, deadLetters } = this;
    const onStored = (range: StoredRange) => this.consumption.report(range);
    const onKeyUse = (...use: [tenantId: string, keyId: string, at: string]) => this.uses.note(...use);
    return new PartitionIngest({ database, writer, deadLetters, ...place, onStored, onKeyUse }, committed);
  }
}
