import type { ClickHouseClient } from '../client/clickhouse-client.js';
import { HighestSeq, keepNew, type Sequenced } from './highest-seq.js';
import { rangeMetadata, readRangeMetadata, type OffsetRange } from './offset-range.js';
import type { RangeRows } from './range-row.js';
import { RANGE_ROWS_MAX, RANGE_SEND_MS_MAX, type RangeWriter } from './range-writer.js';
import { SEQUENCE_TABLE, sequenceRows } from './sequence-table.js';

/** What the reader needs to know of a record of the log. */
export type RangeRecord = { readonly offset: bigint };

/** Records of the partition in offset order, and the way to commit: `ConsumedBatch` of libs/bus fits as it is. */
export type RecordBatch<Record extends RangeRecord> = {
  readonly records: readonly Record[];
  /** Fires when the partition is lost: nothing unsent is sent any more. */
  readonly signal: AbortSignal;
  /** Resolves after the broker's answer; rejects if the partition is somebody else's. */
  commit(nextOffset: bigint, metadata?: string | null): Promise<void>;
};

/** A decision at its place: the `index`th of the record at `offset`. */
export type PlacedItem<Item> = {
  readonly item: Item;
  readonly offset: bigint;
  readonly index: number;
  /** Of a record that was given up once and sent again, so that its number may lie below the highest stored. */
  readonly isLate: boolean;
};

/** What the application adds: reading a record, and making rows of it. Both must give the same for the same records. */
export type RangeHandler<Record extends RangeRecord, Item extends Sequenced> = {
  /** The decisions in a record, in order; empty for one that went to the dead letters. */
  unpack(record: Record): readonly Item[] | Promise<readonly Item[]>;
  /** How many rows an item becomes in its largest table, for what may become more than one. Default 1. */
  rowsOf?(item: Item): number;
  /** The rows for each table. What it reads from tables must come from rows below `range.first`. */
  rows(kept: readonly PlacedItem<Item>[], range: OffsetRange): RangeRows | Promise<RangeRows>;
  /** Where records can come late: which do, and which of their items rows below `range.first` hold already. */
  readonly late?: {
    is(record: Record): boolean;
    known(items: readonly PlacedItem<Item>[], range: OffsetRange): Promise<ReadonlySet<PlacedItem<Item>>>;
  };
};

/** One range that is stored and committed. */
export type StoredRange = OffsetRange & {
  /** Decisions stored, and those dropped because their `seq` was stored before. */
  readonly kept: number;
  readonly dropped: number;
  readonly repeated: boolean;
  /** Tables and rollups that differed after the repeat and were mended. */
  readonly mended: readonly string[];
  /** Offsets at its start that the log no longer held, so that they could not be compared. */
  readonly lostRecords: bigint;
};

export type RangeReaderOptions<Record extends RangeRecord, Item extends Sequenced> = {
  readonly client: ClickHouseClient;
  readonly database: string;
  readonly topic: string;
  readonly partition: number;
  readonly writer: RangeWriter;
  readonly handler: RangeHandler<Record, Item>;
  /** Milliseconds that only grow. Default `performance.now`. */
  readonly monotonicMs?: () => number;
  readonly onStored?: (range: StoredRange) => void;
};

/**
 * One partition's way into ClickHouse, exactly once: commits the unchanged offset with the range as metadata, inserts
 * just that range, commits the next offset. After an assignment the range found in the metadata is repeated first, from
 * the same records. It never retries by itself: a rejection of `take` hands the partition back, and whoever is assigned
 * it next repeats the range.
 */
export class RangeReader<Record extends RangeRecord, Item extends Sequenced> {
  private readonly monotonicMs: () => number;
  private tenure: Tenure<Record>;

  constructor(private readonly options: RangeReaderOptions<Record, Item>) {
    this.monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.tenure = this.begin(undefined);
  }

  /**
   * Forgets all, and notes the range to repeat. Call it at each assignment, before the first `take`.
   * @throws RangeError if the metadata are not of this protocol.
   */
  assigned(committed: { readonly offset: bigint; readonly metadata: string | null } | null): void {
    const repeating = readRangeMetadata(committed?.metadata);
    if (repeating && committed?.offset !== repeating.first) {
      throw new RangeError(`offset ${committed?.offset} is committed beside range ${committed?.metadata}`);
    }
    this.tenure = this.begin(repeating);
  }

  /**
   * Stores a batch; one at a time. Records of a range that is to be repeated are held until its last one is there.
   * @throws Whatever stopped it; from then on {@link NotAssignedAgain} until `assigned` is called.
   */
  async take(batch: RecordBatch<Record>): Promise<void> {
    const { tenure } = this;
    // A range may be stored and not committed: only the metadata tell which, and another one over it would double it.
    if (tenure.hasFailed) throw new NotAssignedAgain(this.options);
    try {
      await this.takeOnce(tenure, batch);
    } catch (error) {
      tenure.hasFailed = true;
      throw error;
    }
  }

  private async takeOnce(tenure: Tenure<Record>, batch: RecordBatch<Record>): Promise<void> {
    const fresh = tenure.repeating ? await this.repeat(tenure, batch, tenure.repeating) : batch.records;
    for (const records of await this.cut(fresh)) {
      const [first, last] = [records[0], records.at(-1)];
      if (!first || !last) continue;
      await this.store(tenure, batch, { first: first.record.offset, last: last.record.offset }, records, false);
    }
  }

  private begin(repeating: Tenure<Record>['repeating']): Tenure<Record> {
    const { client, database, topic, partition } = this.options;
    return { highest: new HighestSeq(client, database, topic, partition), repeating, held: [], hasFailed: false };
  }

  private async repeat(
    tenure: Tenure<Record>,
    batch: RecordBatch<Record>,
    range: { first: bigint; last: bigint },
  ): Promise<readonly Record[]> {
    tenure.held.push(...batch.records.filter(({ offset }) => offset <= range.last));
    const reached = batch.records.at(-1)?.offset;
    if (reached === undefined || reached < range.last) return [];
    await this.store(tenure, batch, range, await this.unpack(tenure.held), true);
    tenure.repeating = undefined;
    tenure.held = [];
    return batch.records.filter(({ offset }) => offset > range.last);
  }

  private async unpack(records: readonly Record[]): Promise<readonly Unpacked<Record, Item>[]> {
    return Promise.all(records.map(async (record) => ({ record, items: await this.options.handler.unpack(record) })));
  }

  /** Cuts between records where a range would become too large for one block. */
  private async cut(records: readonly Record[]): Promise<readonly (readonly Unpacked<Record, Item>[])[]> {
    const pieces: Unpacked<Record, Item>[][] = [];
    let rows = Infinity;
    const { handler } = this.options;
    for (const unpacked of await this.unpack(records)) {
      const own = unpacked.items.reduce((all, item) => all + (handler.rowsOf?.(item) ?? 1), 0);
      rows += own;
      if (rows > RANGE_ROWS_MAX) {
        pieces.push([]);
        rows = own;
      }
      pieces.at(-1)?.push(unpacked);
    }
    return pieces;
  }

  private async store(
    tenure: Tenure<Record>,
    batch: RecordBatch<Record>,
    { first, last }: { first: bigint; last: bigint },
    unpacked: readonly Unpacked<Record, Item>[],
    repeated: boolean,
  ): Promise<void> {
    const { topic, partition, writer, handler, onStored } = this.options;
    const range = { topic, partition, first, last };
    const placed = this.placed(unpacked);
    const stored = await tenure.highest.below(
      first,
      placed.map(({ item }) => item),
    );
    const late = placed.filter(({ isLate }) => isLate);
    const known = late.length > 0 ? await handler.late?.known(late, range) : undefined;
    const { kept, highest } = keepNew(placed, stored, known);
    const dropped = placed.length - kept.length;
    if (kept.length === 0 && !repeated) {
      // Nothing to send, so nothing to announce.
      await batch.commit(last + 1n, null);
      onStored?.({ ...range, kept: 0, dropped, repeated, mended: [], lostRecords: 0n });
      return;
    }
    const rows = new Map([...(await handler.rows(kept, range)), [SEQUENCE_TABLE, sequenceRows(range, kept)]]);
    // All that takes long is done: from here to the insert nothing may.
    const assertFresh = await this.announce(batch, range);
    const presentFrom = unpacked[0]?.record.offset ?? last + 1n;
    const { mended } = await writer.write(range, rows, { repeated, assertFresh, presentFrom });
    await batch.commit(last + 1n, null);
    tenure.highest.advance(highest);
    onStored?.({ ...range, kept: kept.length, dropped, repeated, mended, lostRecords: presentFrom - first });
  }

  private placed(unpacked: readonly Unpacked<Record, Item>[]): readonly PlacedItem<Item>[] {
    return unpacked.flatMap(({ record, items }) => {
      const isLate = this.options.handler.late?.is(record) ?? false;
      return items.map((item, index) => ({ item, offset: record.offset, index, isLate }));
    });
  }

  /** Commits what is about to be sent; what it answers throws as soon as that may no longer be sent. */
  private async announce(batch: RecordBatch<Record>, range: OffsetRange): Promise<() => void> {
    await batch.commit(range.first, rangeMetadata(range));
    const sendBefore = this.monotonicMs() + RANGE_SEND_MS_MAX;
    return () => {
      batch.signal.throwIfAborted();
      if (this.monotonicMs() >= sendBefore) throw new StaleRange(range);
    };
  }
}

/** What is true between two assignments. A `take` that outlives its own changes nothing of the next one's. */
type Tenure<Record> = {
  readonly highest: HighestSeq;
  repeating: { first: bigint; last: bigint } | undefined;
  held: Record[];
  hasFailed: boolean;
};
type Unpacked<Record, Item> = { readonly record: Record; readonly items: readonly Item[] };

/** A `take` was rejected, and the next one came without an assignment in between. */
export class NotAssignedAgain extends Error {
  override readonly name = 'NotAssignedAgain';

  constructor({ topic, partition }: { readonly topic: string; readonly partition: number }) {
    super(`${topic}/${partition} must be assigned again: a range of it may be stored and not committed`);
  }
}

/** Too long after its commit: the partition may be somebody else's, who repeats this range. */
export class StaleRange extends Error {
  override readonly name = 'StaleRange';

  constructor(range: OffsetRange) {
    super(`${range.topic}/${range.partition} ${rangeMetadata(range)} was not sent within ${RANGE_SEND_MS_MAX} ms`);
  }
}
