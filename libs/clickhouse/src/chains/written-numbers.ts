import type { WrittenPartition } from '#libs/contracts';
import type { ClickHouseClient } from '../client/clickhouse-client.js';
import { SEQUENCE_TABLE } from '../ranges/sequence-table.js';

/** Where a partition is looked at: from where it was left, up to what is committed. */
export type WrittenWindow = Pick<WrittenPartition, 'topic' | 'partition'> & {
  /** Undefined where it was never looked at. */
  readonly from: number | undefined;
  readonly end: number;
};

/** What was stored before the first look, and so may be half expired, is left out: retention keeps more days than this. */
const FIRST_LOOK_DAYS = 1;

const WITHIN = `kafka_topic = {topic:String} AND kafka_partition = {partition:UInt32}
  AND kafka_offset >= {from:UInt64} AND kafka_offset < {end:UInt64}`;

/**
 * How far each writer got in a window of a partition, by what ingest notes of each range that it stores: few rows, that
 * are not those of the record. At most `writersMax`; then `end` is where the next one begins. Undefined where nobody
 * wrote.
 */
export async function writtenNumbers(
  client: ClickHouseClient,
  database: string,
  { topic, partition, ...window }: WrittenWindow,
  writersMax: number,
): Promise<WrittenPartition | undefined> {
  const ask = async <Row>(query: string, params: Readonly<Record<string, unknown>>) => {
    const query_params = { database, sequences: SEQUENCE_TABLE, topic, partition, ...params };
    return (await client.query({ query, query_params, format: 'JSONEachRow' })).json<Row>();
  };
  const from = window.from ?? (await firstLook(ask));
  const begun = await ask<{ begins: string }>(
    `SELECT toString(min(kafka_offset)) AS begins FROM {database:Identifier}.{sequences:Identifier} WHERE ${WITHIN}
      GROUP BY replica, boot ORDER BY min(kafka_offset) LIMIT {most:UInt32}`,
    { from, end: window.end, most: writersMax + 1 },
  );
  if (begun.length === 0) return undefined;
  const further = begun[writersMax];
  const end = further ? Number(further.begins) : window.end;
  const [writers, since] = await Promise.all([writersIn(ask, from, end), earliestDay(ask, from, end)]);
  return { topic, partition, end, since, writers };
}

type Ask = <Row>(query: string, params: Readonly<Record<string, unknown>>) => Promise<Row[]>;

async function firstLook(ask: Ask): Promise<number> {
  const [found] = await ask<{ begins: string }>(
    `SELECT toString(if(count() = 0, 0, max(kafka_offset) + 1)) AS begins FROM {database:Identifier}.{sequences:Identifier}
      WHERE kafka_topic = {topic:String} AND kafka_partition = {partition:UInt32}
        AND stored_at < now() - INTERVAL ${FIRST_LOOK_DAYS} DAY`,
    {},
  );
  return Number(found?.begins ?? 0);
}

/** Whose highest number did not rise (what was given up once and came late) has nothing to state. */
async function writersIn(ask: Ask, from: number, end: number): Promise<WrittenPartition['writers']> {
  const rows = await ask<{ replica: string; boot: string; after: string; up_to: string }>(
    `SELECT replica, boot, toString(maxIf(seq, kafka_offset < {from:UInt64}) AS before) AS after,
        toString(maxIf(seq, kafka_offset >= {from:UInt64}) AS reached) AS up_to
      FROM {database:Identifier}.{sequences:Identifier}
      WHERE kafka_topic = {topic:String} AND kafka_partition = {partition:UInt32} AND kafka_offset < {end:UInt64}
        AND (replica, boot) IN (SELECT replica, boot FROM {database:Identifier}.{sequences:Identifier} WHERE ${WITHIN})
      GROUP BY replica, boot HAVING reached > before ORDER BY replica, boot`,
    { from, end },
  );
  return rows.map(({ replica, boot, after, up_to }) => {
    return { replica, boot, after: Number(after), upTo: Number(up_to) };
  });
}

/** Of the rows of a window; today where there is none, since then all of them are gone, and none by its age. */
async function earliestDay(ask: Ask, from: number, end: number): Promise<string> {
  const [found] = await ask<{ day: string }>(
    `SELECT toString(least(toDate(min(appended_at), 'UTC'), toDate(now(), 'UTC'))) AS day FROM (
        SELECT appended_at FROM {database:Identifier}.decisions WHERE ${WITHIN}
        UNION ALL SELECT appended_at FROM {database:Identifier}.calls WHERE ${WITHIN})
      HAVING count() > 0`,
    { from, end },
  );
  return found?.day ?? new Date().toISOString().slice(0, 10);
}
