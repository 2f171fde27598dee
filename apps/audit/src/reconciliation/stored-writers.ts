import type { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { beginning, LATE_DAYS } from './window.js';

/** Most writers that one answer names. */
export const WRITERS_MAX = 5_000;
const HOLES_MAX = 100;

/** How far a partition is stored: rows at or above this offset are still on their way. */
export type StoredUpTo = { readonly topic: string; readonly partition: number; readonly offset: bigint };

/** What is stored of one (topic, partition, replica, boot); `seq` is dense over both tables together. */
export type Writer = {
  readonly topic: string;
  readonly partition: number;
  readonly replica: string;
  readonly boot: string;
  readonly rows: number;
  readonly decisions: number;
  readonly calls: number;
  readonly distinct_ids: number;
  readonly distinct_seqs: number;
  readonly first_seq: number;
  readonly highest_seq: number;
  readonly holes: number;
  readonly duplicates: number;
};
/** Numbers that were given and are not stored, both ends included. */
export type Hole = Pick<Writer, 'topic' | 'partition' | 'replica' | 'boot'> & {
  readonly first_seq: number;
  readonly last_seq: number;
};
export type Stored = {
  readonly writers: readonly Writer[];
  readonly holes: readonly Hole[];
  readonly total: { readonly rows: number; readonly distinct_ids: number };
};

const GROUP = 'topic, partition, replica, boot';
const NIL = '00000000-0000-0000-0000-000000000000';
const COMMITTED = `kafka_offset <
    transform(concat(kafka_topic, '/', toString(kafka_partition)), {places:Array(String)}, {ends:Array(UInt64)}, toUInt64(0))`;

/** Counts stored rows by writer, from the first range that was stored after the window's beginning. */
export async function storedWriters(
  database: AuditDatabase,
  storedUpTo: readonly StoredUpTo[],
  from: string | undefined,
): Promise<Stored> {
  if (storedUpTo.length === 0) return { writers: [], holes: [], total: { rows: 0, distinct_ids: 0 } };
  const { sql: begins, params: since } = beginning(from);
  const params = {
    ...since,
    places: storedUpTo.map(({ topic, partition }) => `${topic}/${partition}`),
    ends: storedUpTo.map(({ offset }) => offset),
  };
  const noted = [...['decisions', 'calls'].map((table) => rowsOf(table, begins)), topsOf(begins)];
  const rows = `(${noted.join(' UNION ALL ')}) AS stored
    LEFT JOIN (${basesOf(begins)}) AS base USING (${GROUP})
    WHERE base_seq = 0 OR (place > base_place AND seq > base_seq)`;
  const [writers, [total]] = await Promise.all([
    database.rows<Writer>(writersOf(rows), params),
    database.rows<Stored['total']>(
      `SELECT countIf(is_row) AS rows, uniqExactIf((is_call, id), is_row) AS distinct_ids FROM ${rows}`,
      params,
    ),
  ]);
  const isWhole = writers.every(({ holes }) => holes === 0);
  const holes = isWhole ? [] : await database.rows<Hole>(holesOf(rows), params);
  return { writers, holes, total: total ?? { rows: 0, distinct_ids: 0 } };
}

const rowsOf = (table: string, begins: string) => `
  SELECT kafka_topic AS topic, kafka_partition AS partition, toString(replica) AS replica, toString(boot) AS boot, seq,
    kafka_offset AS place, decision_id AS id, ${table === 'calls' ? 1 : 0} AS is_call, 1 AS is_row FROM ${table}
  WHERE appended_at >= ${begins} - INTERVAL ${LATE_DAYS} DAY AND ${COMMITTED}`;

/** How far ingest noted each writer to have come in the window: the last of its rows may be what is missing. */
const topsOf = (begins: string) => `
  SELECT kafka_topic AS topic, kafka_partition AS partition, replica, boot, max(seq) AS seq,
    max(kafka_offset) AS place, toUUID('${NIL}') AS id, 0 AS is_call, 0 AS is_row
  FROM ingested_sequences WHERE stored_at >= ${begins} AND ${COMMITTED} GROUP BY ${GROUP}`;

/**
 * Where each writer stood when the window began: up to there its numbers are not looked at, also where one of them was
 * given up before and has been sent again since.
 */
const basesOf = (begins: string) => `
  SELECT kafka_topic AS topic, kafka_partition AS partition, replica, boot,
    max(kafka_offset) AS base_place, max(seq) AS base_seq
  FROM ingested_sequences WHERE stored_at < ${begins} GROUP BY ${GROUP}`;

const writersOf = (rows: string) => `
  SELECT ${GROUP}, countIf(is_row) AS rows, countIf(is_row AND is_call = 0) AS decisions, countIf(is_call = 1) AS calls,
    uniqExactIf((is_call, id), is_row) AS distinct_ids, uniqExactIf(seq, is_row) AS distinct_seqs,
    minIf(seq, is_row) AS first_seq, max(seq) AS highest_seq,
    highest_seq - any(base_seq) - distinct_seqs AS holes,
    rows - least(distinct_ids, distinct_seqs) AS duplicates
  FROM ${rows} GROUP BY ${GROUP} ORDER BY ${GROUP} LIMIT ${WRITERS_MAX + 1}`;

const holesOf = (rows: string) => `
  SELECT ${GROUP}, former + 1 AS first_seq, seq - is_row AS last_seq FROM (
    SELECT ${GROUP}, seq, is_row, lagInFrame(seq, 1, base_seq) OVER (PARTITION BY ${GROUP} ORDER BY seq, is_row DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS former
    FROM ${rows})
  WHERE last_seq >= first_seq ORDER BY ${GROUP}, seq LIMIT ${HOLES_MAX}`;
