import { Bus, DeadLetters, type AssignedPartition, type ConsumedBatch, type Consumption } from '#libs/bus';
import { RangeWriter } from '#libs/clickhouse';
import { decisionTopics, topics } from '#libs/contracts';
import { Readiness } from '#libs/http';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { PartitionIngest, TABLES } from './partition-ingest.js';

export const INGEST_GROUP = 'audit.ingest.v1';
/** Kafka records per range; of up to 64 decisions each, so a range stays below the writer's bound. */
const RECORDS_PER_RANGE_MAX = 500;
const CLOSE_TIMEOUT_MS = 5_000;
const RETRY_MS = 500;

/** Decisions of every service, from Kafka into ClickHouse. */
@Injectable()
export class DecisionsConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly partitions = new Map<string, PartitionIngest>();
  private readonly closing = new AbortController();
  private consumption: Consumption | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly database: AuditDatabase,
    private readonly logger: Logger,
    private readonly clock: Clock,
    readiness: Readiness,
  ) {
    readiness.register('ingest', () => this.consumption !== undefined || 'waiting for ClickHouse and Kafka');
  }

  onApplicationBootstrap(): void {
    void this.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.closing.abort();
    await this.consumption?.close(CLOSE_TIMEOUT_MS);
  }

  /** Both ends may be away when the service starts: it goes on trying. */
  private async start(): Promise<void> {
    await this.database.ready;
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        this.consumption = await this.consume();
        return;
      } catch (error) {
        this.logger.warn({ err: error }, 'decisions cannot be consumed yet');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async consume(): Promise<Consumption> {
    const specs = Object.values(decisionTopics);
    await this.bus.ensureTopics([...specs, topics.auditDeadLetter]);
    const writer = new RangeWriter(this.database.client, this.database.name, TABLES);
    await writer.prepare();
    const deadLetters = new DeadLetters(this.bus, 'audit', () => this.clock.nowMs());
    const { logger, database } = this;
    const open = (topic: string, partition: number) =>
      new PartitionIngest({
        database,
        writer,
        deadLetters,
        topic,
        partition,
        onStored: ({ mended, dropped, lostRecords, first, last }) => {
          if (mended.length === 0 && dropped === 0 && lostRecords === 0n) return;
          const range = `${topic}/${partition}/${first}-${last}`;
          logger.warn({ range, mended, dropped, lostRecords: String(lostRecords) }, 'a range was not plain');
        },
      });
    return this.bus.consume({
      group: INGEST_GROUP,
      topics: specs.map(({ name }) => name),
      batchMax: RECORDS_PER_RANGE_MAX,
      partitionsConcurrently: 4,
      onAssigned: (assigned) => this.assigned(assigned, open),
      onBatch: (batch) => this.take(batch),
    });
  }

  private assigned(
    assigned: readonly AssignedPartition[],
    open: (topic: string, partition: number) => PartitionIngest,
  ) {
    for (const { topic, partition, committed } of assigned) {
      const key = `${topic}/${partition}`;
      const ingest = this.partitions.get(key) ?? open(topic, partition);
      this.partitions.set(key, ingest);
      ingest.assigned(committed);
    }
  }

  private async take(batch: ConsumedBatch): Promise<void> {
    await this.partitions.get(`${batch.topic}/${batch.partition}`)?.take(batch);
  }
}
