import {
  DeadLetters,
  Membership,
  type AssignedPartition,
  type Bus,
  type CommittedOffset,
  type ConsumedBatch,
  type Consumption,
} from '#libs/bus';
import { RangeWriter, type StoredRange } from '#libs/clickhouse';
import type { TopicSpec } from '#libs/contracts';
import type { Clock, Logger } from '#libs/telemetry';
import type { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import type { IngestParts } from './ingest-parts.js';
import type { IngestSource } from './ingest-source.js';

/** One partition's way into the tables, from one assignment to the next. */
type Ingest = { take(batch: ConsumedBatch): Promise<void> };
type Place = Pick<AssignedPartition, 'topic' | 'partition'>;

/** How a group reads, and into which tables: `open` is asked anew at each assignment. */
export type RangeConsumptionOptions = {
  readonly bus: Bus;
  readonly database: AuditDatabase;
  readonly source: IngestSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly group: string;
  readonly topics: readonly TopicSpec[];
  readonly tables: readonly string[];
  /** Topics that its work writes to, made beside those that it reads and the dead letters. */
  readonly written?: readonly TopicSpec[];
  readonly open: (parts: IngestParts, committed: CommittedOffset | null) => Ingest;
};

/** Kafka records per range; of up to 64 decisions each, so a range stays below the writer's bound. */
const RECORDS_PER_RANGE_MAX = 500;

/** What keeps coming waits at most so long for more: fewer and larger inserts, and still visible within a second. */
const GATHER_MS = 200;
const PARTITION_BYTES_MAX = 4 * 1024 * 1024;
const PARTITIONS_CONCURRENTLY = 4;
const CLOSE_TIMEOUT_MS = 5_000;
const RETRY_MS = 500;

/** Consumes topics in ranges. Kafka and ClickHouse may be away when it starts: it goes on trying. */
export class RangeConsumption {
  private readonly partitions = new Map<string, Ingest>();
  private readonly writer: RangeWriter;
  private readonly deadLetters: DeadLetters;
  private readonly membership: Membership;

  constructor(private readonly options: RangeConsumptionOptions) {
    const { bus, database, source, clock, tables, logger, group } = options;
    this.writer = new RangeWriter(database.client, database.name, tables);
    this.deadLetters = new DeadLetters(bus, source.consumer, () => clock.nowMs());
    this.membership = new Membership({
      join: () => this.consume(),
      retryMs: RETRY_MS,
      onFailure: (error) => logger.warn({ err: error, group }, 'the log cannot be consumed yet'),
    });
  }

  get isRunning(): boolean {
    return this.membership.isJoined;
  }

  /** Resolves once it consumes, or is closed; it waits for the tables. */
  async start(): Promise<void> {
    await this.options.database.ready;
    await this.membership.start();
  }

  async close(): Promise<void> {
    await this.membership.stop(CLOSE_TIMEOUT_MS);
  }

  /** For what a range says that is worth a line in the log: it was mended, dropped or lost something. */
  private report({ topic, partition, first, last, mended, dropped, lostRecords }: StoredRange): void {
    if (mended.length === 0 && dropped === 0 && lostRecords === 0n) return;
    const range = `${placeOf({ topic, partition })}/${first}-${last}`;
    this.options.logger.warn({ range, mended, dropped, lostRecords: String(lostRecords) }, 'a range was not plain');
  }

  private async consume(): Promise<Consumption> {
    const { bus, source, group, topics, written = [] } = this.options;
    await bus.ensureTopics([...topics, source.deadLetters, ...written]);
    await this.writer.prepare();
    return bus.consume({
      group,
      topics: topics.map(({ name }) => name),
      batchMax: RECORDS_PER_RANGE_MAX,
      gatherMs: GATHER_MS,
      partitionBytesMax: PARTITION_BYTES_MAX,
      partitionsConcurrently: PARTITIONS_CONCURRENTLY,
      onAssigned: (assigned) => {
        for (const { topic, partition, committed } of assigned) {
          this.partitions.set(placeOf({ topic, partition }), this.open({ topic, partition }, committed));
        }
      },
      onRevoked: (revoked) => {
        for (const place of revoked) this.partitions.delete(placeOf(place));
      },
      onBatch: (batch) => this.take(batch),
    });
  }

  private open(place: Place, committed: CommittedOffset | null): Ingest {
    const { writer, deadLetters } = this;
    const { database, open } = this.options;
    return open({ database, writer, deadLetters, ...place, onStored: (range) => this.report(range) }, committed);
  }

  private async take(batch: ConsumedBatch): Promise<void> {
    const ingest = this.partitions.get(placeOf(batch));
    // Resolving would let the batch be passed over.
    if (!ingest) throw new Error(`${placeOf(batch)} is not assigned`);
    await ingest.take(batch);
  }
}

const placeOf = ({ topic, partition }: Place) => `${topic}/${partition}`;
