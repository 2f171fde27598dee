import { Bus } from '#libs/bus';
import { Readiness } from '#libs/http';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { KeyUseFeed } from '../key-uses/key-use-feed.js';
import { IngestSource } from './ingest-source.js';
import { PartitionIngest, TABLES } from './partition-ingest.js';
import { RangeConsumption } from './range-consumption.js';

/** Decisions of every service, from Kafka into ClickHouse. */
@Injectable()
export class DecisionsConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly consumption: RangeConsumption;

  constructor(
    bus: Bus,
    database: AuditDatabase,
    source: IngestSource,
    uses: KeyUseFeed,
    logger: Logger,
    clock: Clock,
    readiness: Readiness,
  ) {
    const { group, topics, keyUses, findings } = source;
    this.consumption = new RangeConsumption({
      bus,
      database,
      source,
      clock,
      logger,
      group,
      topics,
      tables: TABLES,
      written: [keyUses, findings],
      open: (parts, committed) => new PartitionIngest(parts, committed, (...use) => uses.note(...use)),
    });
    readiness.register('ingest', () => this.consumption.isRunning || 'waiting for ClickHouse and Kafka');
  }

  onApplicationBootstrap(): void {
    void this.consumption.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.consumption.close();
  }
}
