import type { AssignedPartition, Bus, CommittedOffset, ConsumedBatch, Consumption } from '#libs/bus';
import type { StoredRange } from '#libs/clickhouse';
import type { Logger } from '#libs/telemetry';
import { setTimeout as delay } from 'node:timers/promises';

/** One partition's way into the tables, from one assignment to the next. */
type Ingest = { take(batch: ConsumedBatch): Promise<void> };
type Place = Pick<AssignedPartition, 'topic' | 'partition'>;

/** How a group reads: `open` is asked anew at each assignment, `prepare` once before the first. */
export type RangeConsumptionOptions = {
  readonly bus: Bus;
  readonly logger: Logger;
  readonly group: string;
  readonly topics: readonly string[];
  /** Kafka records per range. */
  readonly recordsMax: number;
  readonly prepare: () => Promise<void>;
  readonly open: (place: Place, committed: CommittedOffset | null) => Ingest;
};

/** A fetch waits until so much is there, at most so long: fewer and larger inserts, and still visible within a second. */
const FETCH_BYTES_MIN = 256 * 1024;
const FETCH_WAIT_MS = 200;
const PARTITION_BYTES_MAX = 4 * 1024 * 1024;
const PARTITIONS_CONCURRENTLY = 4;
const CLOSE_TIMEOUT_MS = 5_000;
const RETRY_MS = 500;

/** Consumes topics in ranges. Kafka and ClickHouse may be away when it starts: it goes on trying. */
export class RangeConsumption {
  private readonly partitions = new Map<string, Ingest>();
  private readonly closing = new AbortController();
  private consumption: Consumption | undefined;

  constructor(private readonly options: RangeConsumptionOptions) {}

  get isRunning(): boolean {
    return this.consumption !== undefined;
  }

  /** Resolves once it consumes, or is closed. */
  async start(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        this.consumption = await this.consume();
        if (signal.aborted) await this.consumption.close(CLOSE_TIMEOUT_MS);
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.options.logger.warn({ err: error, group: this.options.group }, 'the log cannot be consumed yet');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.consumption?.close(CLOSE_TIMEOUT_MS);
  }

  /** For what a range says that is worth a line in the log: it was mended, dropped or lost something. */
  report({ topic, partition, first, last, mended, dropped, lostRecords }: StoredRange): void {
    if (mended.length === 0 && dropped === 0 && lostRecords === 0n) return;
    const range = `${placeOf({ topic, partition })}/${first}-${last}`;
    this.options.logger.warn({ range, mended, dropped, lostRecords: String(lostRecords) }, 'a range was not plain');
  }

  private async consume(): Promise<Consumption> {
    const { bus, group, topics, recordsMax, prepare, open } = this.options;
    await prepare();
    return bus.consume({
      group,
      topics,
      batchMax: recordsMax,
      maxWaitMs: FETCH_WAIT_MS,
      minBytes: FETCH_BYTES_MIN,
      partitionBytesMax: PARTITION_BYTES_MAX,
      partitionsConcurrently: PARTITIONS_CONCURRENTLY,
      onAssigned: (assigned) => {
        for (const { topic, partition, committed } of assigned) {
          this.partitions.set(placeOf({ topic, partition }), open({ topic, partition }, committed));
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
}

const placeOf = ({ topic, partition }: Place) => `${topic}/${partition}`;
