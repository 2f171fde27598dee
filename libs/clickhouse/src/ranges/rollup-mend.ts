import type { ClickHouseSettings } from '@clickhouse/client';
import type { OffsetRange } from './offset-range.js';
import { EXPIRED_TABLE } from './expired-rows.js';
import { mendUntilEqual, settledDifference, type MendPlace } from './mending.js';
import { OFFSETS_PER_BUCKET, type Rollup } from './range-tables.js';

/**
 * Compares a rollup with its table, for the buckets of offsets that a range touches, and builds those buckets anew where
 * they differ. Works for sums and for sketches alike, and in both directions: sums that lack the range, or hold it twice.
 * Rows that have expired are counted as well; where a bucket is built anew, what it held of them is gone.
 *
 * @returns Whether it differed.
 */
export async function mendRollup(
  place: MendPlace,
  table: string,
  rollup: Rollup,
  range: OffsetRange,
): Promise<boolean> {
  const differing = () => differingBuckets(place, table, rollup, range);
  const differs = async () => (await differing()).length > 0;
  if (!(await settledDifference(place, differs))) return false;
  await mendUntilEqual(rollup.table, range, differs, async (token) => {
    for (const bucket of await differing()) await rebuild(place, table, rollup, range, bucket, `${token}/${bucket}`);
  });
  return true;
}

function bucketsOf({ first, last }: OffsetRange) {
  return { from: first / OFFSETS_PER_BUCKET, to: last / OFFSETS_PER_BUCKET };
}

/**
 * Lets the view's own query read only some buckets of its table. The engine filters; the query's text stays untouched.
 */
function onlyBuckets(
  { database }: MendPlace,
  table: string,
  { topic, partition }: OffsetRange,
  from: bigint,
  to: bigint,
): ClickHouseSettings {
  const low = from * OFFSETS_PER_BUCKET;
  const high = (to + 1n) * OFFSETS_PER_BUCKET - 1n;
  // Quotes within quotes; a topic's name cannot hold either kind (see `RangeWriter.write`).
  const filter = `kafka_topic = \\'${topic}\\' AND kafka_partition = ${partition} AND kafka_offset BETWEEN ${low} AND ${high}`;
  // The client's own map type does not escape quotes within a value.
  const filters: Record<string, string> = { additional_table_filters: `{'${database}.${table}':'${filter}'}` };
  return filters as ClickHouseSettings;
}

async function differingBuckets(
  place: MendPlace,
  table: string,
  rollup: Rollup,
  range: OffsetRange,
): Promise<bigint[]> {
  const { from, to } = bucketsOf(range);
  const fresh = place.client.query({
    query: `SELECT toString(kafka_bucket) AS bucket, toString(sum(rows)) AS total FROM (${rollup.select}) GROUP BY kafka_bucket`,
    clickhouse_settings: onlyBuckets(place, table, range, from, to),
    format: 'JSONEachRow',
  });
  const held = place.client.query({
    query: `SELECT toString(kafka_bucket) AS bucket, toString(sum(rows)) AS total
      FROM {database:Identifier}.{table:Identifier}
      WHERE kafka_topic = {topic:String} AND kafka_partition = {partition:UInt32}
        AND kafka_bucket BETWEEN {from:UInt64} AND {to:UInt64} GROUP BY kafka_bucket`,
    query_params: { database: place.database, table: rollup.table, ...range, from, to },
    format: 'JSONEachRow',
  });
  const gone = place.client.query({
    query: `SELECT toString(kafka_bucket) AS bucket, toString(sum(rows)) AS total
      FROM (SELECT * FROM {database:Identifier}.{expired:Identifier} FINAL)
      WHERE rollup = {table:String} AND kafka_topic = {topic:String} AND kafka_partition = {partition:UInt32}
        AND kafka_bucket BETWEEN {from:UInt64} AND {to:UInt64} GROUP BY kafka_bucket`,
    query_params: { database: place.database, expired: EXPIRED_TABLE, table: rollup.table, ...range, from, to },
    format: 'JSONEachRow',
  });
  const [rows, found, expired] = await Promise.all([fresh, held, gone].map((asked) => asked.then(totals)));
  const of = (sums: ReadonlyMap<string, string> | undefined, bucket: string) => BigInt(sums?.get(bucket) ?? 0);
  const buckets = new Set([...(rows?.keys() ?? []), ...(found?.keys() ?? [])]);
  return [...buckets].filter((bucket) => of(rows, bucket) + of(expired, bucket) !== of(found, bucket)).map(BigInt);
}

async function totals(result: { json(): Promise<unknown> }): Promise<ReadonlyMap<string, string>> {
  const rows = (await result.json()) as readonly { bucket: string; total: string }[];
  return new Map(rows.map(({ bucket, total }) => [bucket, total]));
}

async function rebuild(
  place: MendPlace,
  table: string,
  rollup: Rollup,
  range: OffsetRange,
  bucket: bigint,
  token: string,
): Promise<void> {
  place.assertFresh();
  await place.client.command({
    query: `DELETE FROM {database:Identifier}.{table:Identifier}
      WHERE kafka_topic = {topic:String} AND kafka_partition = {partition:UInt32} AND kafka_bucket = {bucket:UInt64}`,
    query_params: { database: place.database, table: rollup.table, ...range, bucket },
    clickhouse_settings: { lightweight_deletes_sync: '2' },
  });
  await place.client.command({
    query: `INSERT INTO {database:Identifier}.{table:Identifier} (${rollup.columns.join(', ')}) ${rollup.select}`,
    query_params: { database: place.database, table: rollup.table },
    clickhouse_settings: { ...onlyBuckets(place, table, range, bucket, bucket), insert_deduplication_token: token },
  });
  // What had expired is not in the bucket any more.
  await place.client.command({
    query: `DELETE FROM {database:Identifier}.{expired:Identifier} WHERE rollup = {table:String}
      AND kafka_topic = {topic:String} AND kafka_partition = {partition:UInt32} AND kafka_bucket = {bucket:UInt64}`,
    query_params: { database: place.database, expired: EXPIRED_TABLE, table: rollup.table, ...range, bucket },
    clickhouse_settings: { lightweight_deletes_sync: '2' },
  });
}
