import type { ClickHouseClient } from '../client/clickhouse-client.js';
import type { RangeHandler } from './range-reader.js';
import type { RangeRow } from './range-row.js';

/** A decision of the specs. `minute` 0–59 of one hour; two topics' worth of nothing else. */
export type Item = {
  id: string;
  replica: string;
  boot: string;
  seq: number;
  minute: number;
  amount: number;
  allowed: boolean;
};
export type LogRecord = {
  offset: bigint;
  items: readonly Item[];
  /** It cannot be read, and is given up. */
  isPoison?: boolean;
  /** It was given up, and comes again. */
  isLate?: boolean;
};

export const TOPIC = 'gateway.decisions.v1';
const WINDOW = 'SETTINGS non_replicated_deduplication_window = 20000';
const PLACE = 'kafka_topic LowCardinality(String), kafka_partition UInt32, kafka_offset UInt64, kafka_index UInt32';
const BUCKET = 'kafka_topic LowCardinality(String), kafka_partition UInt32, kafka_bucket UInt64, rows UInt64';
const BUCKET_OF = 'kafka_topic, kafka_partition, intDiv(kafka_offset, 4096) AS kafka_bucket, count() AS rows';

/** One table with two rollups of minute sums, another with one of sketches: the shapes of the real schema, small. */
export const WORLD = [
  `CREATE TABLE db.decisions (at DateTime64(3,'UTC'), id String, who LowCardinality(String), amount UInt64, allowed Bool, ${PLACE},
     INDEX place kafka_offset TYPE minmax) ENGINE = MergeTree PARTITION BY toStartOfTenMinutes(at) ORDER BY (who, at) ${WINDOW}`,
  `CREATE TABLE db.by_who (minute DateTime('UTC'), who LowCardinality(String), amount UInt64, ${BUCKET})
     ENGINE = SummingMergeTree ORDER BY (who, minute, kafka_topic, kafka_partition, kafka_bucket) ${WINDOW}`,
  `CREATE MATERIALIZED VIEW db.by_who_view TO db.by_who AS SELECT toStartOfMinute(at) AS minute, who, sum(amount) AS amount,
     ${BUCKET_OF} FROM db.decisions GROUP BY minute, who, kafka_topic, kafka_partition, kafka_bucket`,
  `CREATE TABLE db.by_outcome (minute DateTime('UTC'), allowed Bool, amount UInt64, ${BUCKET}) ENGINE = SummingMergeTree
     PARTITION BY toStartOfTenMinutes(minute) ORDER BY (allowed, minute, kafka_topic, kafka_partition, kafka_bucket) ${WINDOW}`,
  `CREATE MATERIALIZED VIEW db.by_outcome_view TO db.by_outcome AS SELECT toStartOfMinute(at) AS minute, allowed,
     sum(amount) AS amount, ${BUCKET_OF} FROM db.decisions GROUP BY minute, allowed, kafka_topic, kafka_partition, kafka_bucket`,
  `CREATE TABLE db.calls (at DateTime64(3,'UTC'), id String, ${PLACE}) ENGINE = MergeTree ORDER BY at ${WINDOW}`,
  `CREATE TABLE db.calls_by_hour (hour DateTime('UTC'), ids AggregateFunction(uniqExact, String), ${BUCKET.replace(
    'rows UInt64',
    'rows SimpleAggregateFunction(sum, UInt64)',
  )}) ENGINE = AggregatingMergeTree ORDER BY (hour, kafka_topic, kafka_partition, kafka_bucket) ${WINDOW}`,
  `CREATE MATERIALIZED VIEW db.calls_by_hour_view TO db.calls_by_hour AS SELECT toStartOfHour(at) AS hour,
     uniqExactState(id) AS ids, ${BUCKET_OF} FROM db.calls GROUP BY hour, kafka_topic, kafka_partition, kafka_bucket`,
];

export async function createWorld(client: ClickHouseClient, database: string): Promise<void> {
  await client.command({ query: `CREATE DATABASE ${database}` });
  for (const query of WORLD) await client.command({ query: query.replaceAll('db.', `${database}.`) });
}

const atOf = ({ minute }: Item) => new Date(Date.UTC(2026, 10, 23, 10, minute, 7)).toISOString();

export const handlerOf = (client: ClickHouseClient, database: string): RangeHandler<LogRecord, Item> => ({
  unpack: ({ items, isPoison }) => (isPoison ? [] : items),
  late: {
    is: ({ isLate = false }) => isLate,
    known: async (items, { first }) => {
      const query = `SELECT id FROM ${database}.decisions WHERE kafka_offset < {first:UInt64}`;
      const result = await client.query({ query, query_params: { first }, format: 'JSONEachRow' });
      const ids = new Set((await result.json<{ id: string }>()).map(({ id }) => id));
      return new Set(items.filter(({ item }) => ids.has(item.id)));
    },
  },
  rows: (kept, { topic, partition }) => {
    const rows = kept.map(({ item, offset, index }) => {
      const place = {
        kafka_topic: topic,
        kafka_partition: partition,
        kafka_offset: String(offset),
        kafka_index: index,
      };
      return { at: atOf(item), id: item.id, who: item.replica, amount: item.amount, allowed: item.allowed, ...place };
    });
    const calls: RangeRow[] = rows
      .filter((row) => row.allowed)
      .map(({ who: _, amount: __, allowed: ___, ...row }) => row);
    return new Map<string, readonly RangeRow[]>([
      ['decisions', rows],
      ['calls', calls],
    ]);
  },
});

/** What all tables and rollups hold, in a form that two runs can be compared by. */
export type Picture = {
  decisions: string[];
  calls: string[];
  byWho: string[];
  byOutcome: string[];
  uniqueCalls: string[];
};

export async function pictureOf(client: ClickHouseClient, database: string): Promise<Picture> {
  const lines = async (query: string) => {
    const result = await client.query({ query: query.replaceAll('db.', `${database}.`), format: 'JSONCompactEachRow' });
    return (await result.json<unknown[]>()).map((row) => row.map(String).join(' ')).sort();
  };
  return {
    decisions: await lines('SELECT id, toMinute(at), who, amount, toUInt8(allowed) FROM db.decisions'),
    calls: await lines('SELECT id, toMinute(at) FROM db.calls'),
    byWho: await lines('SELECT toMinute(minute) AS m, who, sum(amount), sum(rows) FROM db.by_who GROUP BY m, who'),
    byOutcome: await lines(
      'SELECT toMinute(minute) AS m, toUInt8(allowed) AS a, sum(amount), sum(rows) FROM db.by_outcome GROUP BY m, a',
    ),
    uniqueCalls: await lines('SELECT uniqExactMerge(ids), sum(rows) FROM db.calls_by_hour HAVING sum(rows) > 0'),
  };
}

/** The same picture, made the obvious way: every (replica, boot, seq) that could be read once. */
export function naivePicture(log: readonly LogRecord[]): Picture {
  const once = new Map<string, Item>();
  for (const item of log.flatMap(({ items, isPoison }) => (isPoison ? [] : items))) {
    const key = `${item.replica}/${item.boot}/${item.seq}`;
    if (!once.has(key)) once.set(key, item);
  }
  const items = [...once.values()];
  const calls = items.filter(({ allowed }) => allowed);
  return {
    decisions: items.map((i) => `${i.id} ${i.minute} ${i.replica} ${i.amount} ${Number(i.allowed)}`).sort(),
    calls: calls.map(({ id, minute }) => `${id} ${minute}`).sort(),
    byWho: sums(items, (item) => `${item.minute} ${item.replica}`),
    byOutcome: sums(items, (item) => `${item.minute} ${Number(item.allowed)}`),
    uniqueCalls: calls.length > 0 ? [`${calls.length} ${calls.length}`] : [],
  };
}

function sums(items: readonly Item[], keyOf: (item: Item) => string): string[] {
  const groups = new Map<string, { amount: number; rows: number }>();
  for (const item of items) {
    const group = groups.get(keyOf(item)) ?? { amount: 0, rows: 0 };
    groups.set(keyOf(item), { amount: group.amount + item.amount, rows: group.rows + 1 });
  }
  return [...groups].map(([key, { amount, rows }]) => `${key} ${amount} ${rows}`).sort();
}

/** A log of `records` records by two replicas, with dense sequence numbers. */
export function exampleLog(records: number, itemsPerRecord = 3, firstOffset = 0n): LogRecord[] {
  const seqs = new Map<string, number>();
  return Array.from({ length: records }, (_, record) => ({
    offset: firstOffset + BigInt(record),
    items: Array.from({ length: itemsPerRecord }, (_, index): Item => {
      const replica = `r${record % 2}`;
      const seq = (seqs.get(replica) ?? 0) + 1;
      seqs.set(replica, seq);
      return {
        id: `${replica}-${seq}`,
        replica,
        boot: 'b1',
        seq,
        minute: (record * 7 + index) % 60,
        amount: seq,
        allowed: seq % 3 > 0,
      };
    }),
  }));
}
