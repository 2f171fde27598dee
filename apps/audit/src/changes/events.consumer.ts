import { Bus, DeadLetters, type CommittedOffset } from '#libs/bus';
import { RangeWriter, type StoredRange } from '#libs/clickhouse';
import { Readiness } from '#libs/http';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { IngestSource } from '../ingest/ingest-source.js';
import { RangeConsumption } from '../ingest/range-consumption.js';
import { CHANGES, EventIngest } from './event-ingest.js';

const RECORDS_PER_RANGE_MAX = 500;

/** Domain events of every service, from Kafka into ClickHouse. */
@Injectable()
export class EventsConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly consumption: RangeConsumption;
  private readonly writer: RangeWriter;
  private readonly deadLetters: DeadLetters;

  constructor(
    private readonly bus: Bus,
    private readonly database: AuditDatabase,
    private readonly source: IngestSource,
    logger: Logger,
    clock: Clock,
    readiness: Readiness,
  ) {
    const { changesGroup: group, events, consumer } = source;
    this.writer = new RangeWriter(database.client, database.name, [CHANGES]);
    this.deadLetters = new DeadLetters(bus, consumer, () => clock.nowMs());
    this.consumption = new RangeConsumption({
      bus,
      logger,
      group,
      topics: events.map(({ name }) => name),
      recordsMax: RECORDS_PER_RANGE_MAX,
      prepare: () => this.prepare(),
      open: (place, committed) => this.open(place, committed),
    });
    readiness.register('changes', () => this.consumption.isRunning || 'waiting for ClickHouse and Kafka');
  }

  onApplicationBootstrap(): void {
    void this.database.ready.then(() => this.consumption.start());
  }

  async onModuleDestroy(): Promise<void> {
    await this.consumption.close();
  }

  private async prepare(): Promise<void> {
    await this.bus.ensureTopics([...this.source.events, this.source.deadLetters]);
    await this.writer.prepare();
  }

  private open(place: { topic: string; partition: number }, committed: CommittedOffset | null): EventIngest {
    const { database, writer, deadLetters } = this;
    const onStored = (range: StoredRange) => this.consumption.report(range);
    return new EventIngest({ database, writer, deadLetters, ...place, onStored }, committed);
  }
}
