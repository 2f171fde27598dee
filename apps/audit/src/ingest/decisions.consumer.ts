import { Bus, DeadLetters, type AssignedPartition, type ConsumedBatch, type Consumption } from '#libs/bus';
import { RangeWriter, type StoredRange } from '#libs/clickhouse';
import { Readiness } from '#libs/http';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { KeyUseFeed } from '../key-uses/key-use-feed.js';
import { IngestSource } from './ingest-source.js';
import { PartitionIngest, TABLES } from './partition-ingest.js';

/** Kafka records per range; of up to 64 decisions each, so a range stays below the writer's bound. */
const RECORDS_PER_RANGE_MAX = 500;
/** A fetch waits until so much is there, at most so long: fewer and larger inserts, and still visible within a second. */
const FETCH_BYTES_MIN = 256 * 1024;
const FETCH_WAIT_MS = 200;
const PARTITION_BYTES_MAX = 4 * 1024 * 1024;
const PARTITIONS_CONCURRENTLY = 4;
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
    private readonly source: IngestSource,
    private readonly uses: KeyUseFeed,
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
        if (signal.aborted) await this.consumption.close(CLOSE_TIMEOUT_MS);
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.logger.warn({ err: error }, 'decisions cannot be consumed yet');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async consume(): Promise<Consumption> {
    const { topics, group, consumer } = this.source;
    await this.bus.ensureTopics([...topics, this.source.deadLetters, this.source.keyUses, this.source.findings]);
    const writer = new RangeWriter(this.database.client, this.database.name, TABLES);
    await writer.prepare();
    const deadLetters = new DeadLetters(this.bus, consumer, () => this.clock.nowMs());
    const { database } = this;
    const onStored = (range: StoredRange) => this.report(range);
    const onKeyUse = (...use: [tenantId: string, keyId: string, at: string]) => this.uses.note(...use);
    return this.bus.consume({
      group,
      topics: topics.map(({ name }) => name),
      batchMax: RECORDS_PER_RANGE_MAX,
      maxWaitMs: FETCH_WAIT_MS,
      minBytes: FETCH_BYTES_MIN,
      partitionBytesMax: PARTITION_BYTES_MAX,
      partitionsConcurrently: PARTITIONS_CONCURRENTLY,
      onAssigned: (assigned) => {
        for (const { topic, partition, committed } of assigned) {
          const options = { database, writer, deadLetters, topic, partition, onStored, onKeyUse };
          this.partitions.set(placeOf({ topic, partition }), new PartitionIngest(options, committed));
        }
      },
      onRevoked: (revoked) => {
        for (const place of revoked) this.partitions.delete(placeOf(place));
      },
      onBatch: (batch) => this.take(batch),
    });
  }

  private async take(batch: ConsumedBatch): Promise<void> {
    const ingest = this.partitions.get(placeOf(batch));
    // Resolving would let the batch be passed over.
    if (!ingest) throw new Error(`${placeOf(batch)} is not assigned`);
    await ingest.take(batch);
  }

  private report({ topic, partition, first, last, mended, dropped, lostRecords }: StoredRange): void {
    if (mended.length === 0 && dropped === 0 && lostRecords === 0n) return;
    const range = `${placeOf({ topic, partition })}/${first}-${last}`;
    this.logger.warn({ range, mended, dropped, lostRecords: String(lostRecords) }, 'a range was not plain');
  }
}

const placeOf = ({ topic, partition }: Pick<AssignedPartition, 'topic' | 'partition'>) => `${topic}/${partition}`;
