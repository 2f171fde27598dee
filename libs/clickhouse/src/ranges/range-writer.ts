import type { ClickHouseClient } from '../client/clickhouse-client.js';
import { explicitSettings } from '../client/clickhouse-client.js';
import { expiredTableDdl } from './expired-rows.js';
import { rangeToken, type OffsetRange } from './offset-range.js';
import { mendRange } from './range-mend.js';
import type { RangeRow, RangeRows } from './range-row.js';
import { inspectRangeTables, type RangeTable } from './range-tables.js';
import { SEQUENCE_TABLE, sequenceTableDdl } from './sequence-table.js';

/** Most rows of one range: above it an insert could become two blocks. */
export const RANGE_ROWS_MAX = 100_000;
/** A range that is not sent this long after its commit is not sent: its partition may be somebody else's. */
export const RANGE_SEND_MS_MAX = 10_000;

/** Kafka's own rule; nothing in such a name needs quoting anywhere. */
const TOPIC = /^[\w.-]{1,249}$/;

export type WriteOptions = {
  /** It was tried before, by whomever: what is there is counted, and mended where it differs. */
  readonly repeated: boolean;
  /** Throws if the range may no longer be sent; asked right before every change. */
  readonly assertFresh: () => void;
  /** First offset of the range that could still be read; below it nothing is counted. `first` unless the log lost some. */
  readonly presentFrom?: bigint;
};
/** How many tables of the range differed from it and were mended. */
export type WriteReport = { readonly mended: readonly string[] };

/** Sent with every range. One block per table: with two, half a range could be a duplicate of something else. */
const RANGE_SETTINGS = {
  ...explicitSettings,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  materialized_views_ignore_errors: 0,
  max_insert_block_size: '1048576',
  min_insert_block_size_rows: '1048576',
  min_insert_block_size_bytes: '1073741824',
  max_insert_threads: '1',
  input_format_parallel_parsing: 0,
  // A replay after a long outage may span any number of days.
  max_partitions_per_insert_block: '0',
} as const;

/**
 * Inserts ranges of a partition so that a repeat changes nothing, in the tables and in their rollups. Knows no Kafka:
 * the order of commits around it is `RangeReader`'s.
 */
export class RangeWriter {
  private tables: readonly RangeTable[] = [];

  /** @param tables Every table that ranges are written to, without rollups: those are found. */
  constructor(
    private readonly client: ClickHouseClient,
    private readonly database: string,
    private readonly names: readonly string[],
    private readonly settleMs = 1_000,
  ) {}

  /**
   * Creates the tables of sequences and of expired rows, and checks all others. Call it once, before `write`.
   * @throws UnsafeSchema if a table or rollup would count a repeated range twice.
   */
  async prepare(): Promise<void> {
    for (const query of [sequenceTableDdl, expiredTableDdl]) {
      await this.client.command({ query, query_params: { database: this.database } });
    }
    this.tables = await inspectRangeTables(this.client, this.database, [...this.names, SEQUENCE_TABLE]);
  }

  /**
   * Inserts exactly these rows as this range. After a rejection some of it may be stored: repeat it.
   * @throws RangeError for more than {@link RANGE_ROWS_MAX} rows, or rows of a table that was not named.
   */
  async write(range: OffsetRange, rows: RangeRows, options: WriteOptions): Promise<WriteReport> {
    if (!TOPIC.test(range.topic)) throw new RangeError(`not the name of a topic: ${JSON.stringify(range.topic)}`);
    for (const [table, { length }] of rows) {
      if (length > RANGE_ROWS_MAX) throw new RangeError(`${length} rows for ${table}, at most ${RANGE_ROWS_MAX}`);
      if (!this.tables.some(({ name }) => name === table)) throw new RangeError(`${table} is not a table of ranges`);
    }
    options.assertFresh();
    const inserts = [...rows].filter(([, values]) => values.length > 0);
    const outcomes = await Promise.allSettled(
      inserts.map(([table, values]) => this.insert(table, values, rangeToken(range))),
    );
    // Only when none is under way any more, so that a repeat does not run beside this attempt.
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    if (!options.repeated) return { mended: [] };
    const mended: string[] = [];
    for (const table of this.tables) {
      const { client, database, settleMs } = this;
      const place = { client, database, settleMs, assertFresh: options.assertFresh };
      const counted = { ...range, first: options.presentFrom ?? range.first };
      const expected = (rows.get(table.name) ?? []).filter((row) => BigInt(row.kafka_offset) >= counted.first);
      const insert = (values: readonly RangeRow[], token: string) => this.insert(table.name, values, token);
      mended.push(...(await mendRange(place, table, counted, expected, insert)));
    }
    return { mended };
  }

  /**
   * Rows of one shape go without their column names: a third less work for the engine, half the bytes. Rows that differ
   * in their columns keep them.
   */
  private async insert(table: string, rows: readonly RangeRow[], token: string): Promise<void> {
    const into = {
      table: `${this.database}.${table}`,
      clickhouse_settings: { ...RANGE_SETTINGS, insert_deduplication_token: token },
    };
    const [first, ...others] = Object.keys(rows[0] ?? {});
    const columns: [string, ...string[]] = [first ?? 'kafka_offset', ...others];
    if (rows.every((row) => isOfShape(row, columns))) {
      const values = rows.map((row) => columns.map((column) => row[column]));
      await this.client.insert({ ...into, columns, values, format: 'JSONCompactEachRow' });
    } else {
      await this.client.insert({ ...into, values: rows, format: 'JSONEachRow' });
    }
  }
}

function isOfShape(row: RangeRow, columns: readonly string[]): boolean {
  return Object.keys(row).length === columns.length && columns.every((column) => column in row);
}
