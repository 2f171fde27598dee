import type { ClickHouseSettings } from '@clickhouse/client';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClickHouseClient } from '../client/clickhouse-client.js';
import { EXPIRED_TABLE } from './expired-rows.js';
import { OFFSETS_PER_BUCKET, inspectRangeTables, type Rollup } from './range-tables.js';

/** Offsets of one partition of which all rows are stored. */
export type StoredOffsets = {
  readonly topic: string;
  readonly partition: number;
  /** First offset to compare; the buckets behind its own, which may reach further back. */
  readonly first: bigint;
  /** Behind the last one of which everything is stored. */
  readonly end: bigint;
};
/** A bucket of offsets whose sums in a rollup are not those of the table's rows. */
export type RollupFault = {
  readonly table: string;
  readonly rollup: string;
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
};

/** A range that is being inserted may be in one of the two and not yet in the other; it is no longer after this. */
const SETTLE_MS = 1_000;
/** Columns that a rollup adds up. Sketches are built of the same rows, which `rows` counts. */
const SUMMED = /^(?:UInt64|Int64|Decimal|Float64|SimpleAggregateFunction\(sum)/;

/**
 * Compares every rollup of the tables with their rows, sum by sum and bucket by bucket. Rows below `end` must be in it;
 * at most those that are there afterwards may be. What differs now and a second later is a fault.
 */
export async function rollupFaults(
  client: ClickHouseClient,
  database: string,
  names: readonly string[],
  places: readonly StoredOffsets[],
  settleMs = SETTLE_MS,
): Promise<{ readonly compared: readonly string[]; readonly faults: readonly RollupFault[] }> {
  const stored = places.map(wholeBuckets).filter(({ first, end }) => first < end);
  const tables = await inspectRangeTables(client, database, names);
  const pairs = tables.flatMap(({ name, rollups }) => rollups.map((rollup) => ({ table: name, rollup })));
  const compared = pairs.map(({ rollup }) => rollup.table).toSorted();
  if (stored.length === 0) return { compared, faults: [] };
  const sums = await summedColumns(client, database, compared);
  const questions = pairs.map(({ table, rollup }) => {
    return { client, database, table, rollup, stored, sums: sums.get(rollup.table) ?? [] };
  });
  const partly = await partlyExpired(client, database);
  const differingOf = async (question: Question) => {
    const all = await differing(question);
    return new Set([...all].filter((bucket) => !partly.has(`${question.rollup.table}/${bucket}`)));
  };
  const found = await Promise.all(
    questions.map(async (question) => ({ question, first: await differingOf(question) })),
  );
  const suspects = found.filter(({ first }) => first.size > 0);
  if (suspects.length > 0) await pause(settleMs);
  const faults = suspects.map(async ({ question, first }) => {
    const again = await differing(question);
    return [...first].filter((bucket) => again.has(bucket)).map((bucket) => faultOf(question, bucket));
  });
  return { compared, faults: (await Promise.all(faults)).flat() };
}

/** Buckets of which rows have expired, as `rollup/topic/partition/bucket`: their sums are more than the rows say. */
async function partlyExpired(client: ClickHouseClient, database: string): Promise<ReadonlySet<string>> {
  const result = await client.query({
    query: `SELECT DISTINCT concat(rollup, '/', kafka_topic, '/', toString(kafka_partition), '/', toString(kafka_bucket)) AS bucket
      FROM {database:Identifier}.{table:Identifier}`,
    query_params: { database, table: EXPIRED_TABLE },
    format: 'JSONEachRow',
  });
  return new Set((await result.json<{ bucket: string }>()).map(({ bucket }) => bucket));
}

type Question = {
  readonly client: ClickHouseClient;
  readonly database: string;
  readonly table: string;
  readonly rollup: Rollup;
  readonly sums: readonly string[];
  readonly stored: readonly StoredOffsets[];
};
type Sums = ReadonlyMap<string, readonly bigint[]>;

function wholeBuckets({ topic, partition, first, end }: StoredOffsets): StoredOffsets {
  const bucket = (first + OFFSETS_PER_BUCKET - 1n) / OFFSETS_PER_BUCKET;
  return { topic, partition, first: bucket * OFFSETS_PER_BUCKET, end };
}

async function summedColumns(client: ClickHouseClient, database: string, tables: readonly string[]) {
  const result = await client.query({
    query: `SELECT table, name, type FROM system.columns
      WHERE database = {database:String} AND table IN {tables:Array(String)} AND NOT is_in_sorting_key
      ORDER BY table, position`,
    query_params: { database, tables },
    format: 'JSONEachRow',
  });
  const columns = await result.json<{ table: string; name: string; type: string }>();
  const summed = columns.filter(({ type }) => SUMMED.test(type));
  return new Map(
    [...Map.groupBy(summed, ({ table }) => table)].map(([table, own]) => [table, own.map(({ name }) => name)]),
  );
}

/** Buckets, as `topic/partition/bucket`, that hold less than they must or more than there is. */
async function differing(question: Question): Promise<ReadonlySet<string>> {
  const least = await ofRows(question, ({ end }) => `AND kafka_offset < ${end}`);
  const held = await ofRollup(question);
  const most = await ofRows(question, () => '');
  const isWrong = (bucket: string) => {
    const [low, sums, high] = [least, held, most].map((of) => of.get(bucket)) as (readonly bigint[] | undefined)[];
    return question.sums.some((_, column) => {
      const sum = sums?.[column] ?? 0n;
      return sum < (low?.[column] ?? 0n) || sum > (high?.[column] ?? 0n);
    });
  };
  return new Set([...new Set([...held.keys(), ...most.keys()])].filter(isWrong));
}

const sumsOf = ({ sums }: Question) =>
  // As whole numbers of the smallest unit of a cost, so that nothing is rounded on the way.
  sums.map((column) => `toString(toInt256(sum(${column}) * toInt256(1000000000000)))`).join(', ');

async function ofRows(question: Question, upTo: (place: StoredOffsets) => string): Promise<Sums> {
  const { client, database, table, rollup, stored } = question;
  const filter = stored
    .map((place) => {
      // Quotes within quotes; a topic's name cannot hold either kind (see `RangeWriter.write`).
      const { topic, partition, first } = place;
      return `(kafka_topic = \\'${topic}\\' AND kafka_partition = ${partition} AND kafka_offset >= ${first} ${upTo(place)})`;
    })
    .join(' OR ');
  const filters: Record<string, string> = { additional_table_filters: `{'${database}.${table}':'${filter}'}` };
  const query = `SELECT concat(kafka_topic, '/', toString(kafka_partition), '/', toString(kafka_bucket)) AS bucket,
    [${sumsOf(question)}] AS sums FROM (${rollup.select}) GROUP BY bucket`;
  return sumsIn(
    await client.query({ query, clickhouse_settings: filters as ClickHouseSettings, format: 'JSONEachRow' }),
  );
}

async function ofRollup(question: Question): Promise<Sums> {
  const { client, database, rollup, stored } = question;
  const places = stored.map(
    ({ topic, partition, first }) =>
      `(kafka_topic = '${topic}' AND kafka_partition = ${partition} AND kafka_bucket >= ${first / OFFSETS_PER_BUCKET})`,
  );
  const query = `SELECT concat(kafka_topic, '/', toString(kafka_partition), '/', toString(kafka_bucket)) AS bucket,
    [${sumsOf(question)}] AS sums FROM {database:Identifier}.{table:Identifier} WHERE ${places.join(' OR ')} GROUP BY bucket`;
  const query_params = { database, table: rollup.table };
  return sumsIn(await client.query({ query, query_params, format: 'JSONEachRow' }));
}

async function sumsIn(result: { json(): Promise<unknown> }): Promise<Sums> {
  const rows = (await result.json()) as readonly { bucket: string; sums: readonly string[] }[];
  return new Map(rows.map(({ bucket, sums }) => [bucket, sums.map(BigInt)]));
}

function faultOf({ table, rollup }: Question, bucket: string): RollupFault {
  const [topic = '', partition, number] = bucket.split('/');
  const firstOffset = BigInt(number ?? 0) * OFFSETS_PER_BUCKET;
  const lastOffset = firstOffset + OFFSETS_PER_BUCKET - 1n;
  return { table, rollup: rollup.table, topic, partition: Number(partition), firstOffset, lastOffset };
}
