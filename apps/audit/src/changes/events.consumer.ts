import { Bus } from '#libs/bus';
import { Readiness } from '#libs/http';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { IngestSource } from '../ingest/ingest-source.js';
import { RangeConsumption } from '../ingest/range-consumption.js';
import { CHANGES, EventIngest } from './event-ingest.js';

/** Domain events of every service, from Kafka into ClickHouse. */
@Injectable()
export class EventsConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly consumption: RangeConsumption;

  constructor(
    bus: Bus,
    database: AuditDatabase,
    source: IngestSource,
    logger: Logger,
    clock: Clock,
    readiness: Readiness,
  ) {
    this.consumption = new RangeConsumption({
      bus,
      database,
      source,
      clock,
      logger,
      group: source.changesGroup,
      topics: source.events,
      tables: [CHANGES],
      open: (parts, committed) => new EventIngest(parts, committed),
    });
    readiness.register('changes', () => this.consumption.isRunning || 'waiting for ClickHouse and Kafka');
  }

  onApplicationBootstrap(): void {
    void this.consumption.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.consumption.close();
  }
}
