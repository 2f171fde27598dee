import { rollupFaults } from '#libs/clickhouse';
import type { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { TABLES } from '../ingest/partition-ingest.js';
import type { StoredUpTo } from './stored-writers.js';
import { beginning } from './window.js';

type Begun = { readonly topic: string; readonly partition: number; readonly last: number };

/** Every table of sums against the rows that arrived in the window, and where they differ. */
export async function comparedRollups(
  database: AuditDatabase,
  storedUpTo: readonly StoredUpTo[],
  from: string | undefined,
) {
  const { sql: begins, params } = beginning(from);
  const begun = await database.rows<Begun>(
    `SELECT kafka_topic AS topic, kafka_partition AS partition, max(kafka_offset) AS last
      FROM ingested_sequences WHERE stored_at < ${begins} GROUP BY topic, partition`,
    params,
  );
  const firsts = new Map(begun.map(({ topic, partition, last }) => [`${topic}/${partition}`, BigInt(last) + 1n]));
  const places = storedUpTo.map(({ topic, partition, offset }) => {
    return { topic, partition, first: firsts.get(`${topic}/${partition}`) ?? 0n, end: offset };
  });
  const { compared, faults } = await database.look((client) => rollupFaults(client, database.name, TABLES, places));
  const differing = faults.map(({ table, rollup, topic, partition, firstOffset, lastOffset }) => {
    return {
      topic,
      partition,
      rollup,
      table,
      first_offset: Number(firstOffset),
      last_offset: Number(lastOffset),
    };
  });
  return { compared, differing };
}
