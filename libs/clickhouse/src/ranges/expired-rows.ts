import type { ClickHouseSettings } from '@clickhouse/client';
import type { ClickHouseClient } from '../client/clickhouse-client.js';
import type { RangeTable } from './range-tables.js';

/** How many rows of each bucket were taken out of a table whose sums stay, by what was taken. */
export const EXPIRED_TABLE = 'expired_rows';

/**
 * Sums outlive the rows that they were made of. By these numbers a bucket of which rows have expired is still compared
 * with its table. The same piece noted again while it is being taken out has fewer rows: the most counts.
 */
export const expiredTableDdl = `CREATE TABLE IF NOT EXISTS {database:Identifier}.${EXPIRED_TABLE} (
  rollup LowCardinality(String),
  kafka_topic LowCardinality(String),
  kafka_partition UInt32,
  kafka_bucket UInt64,
  piece String,
  rows UInt64,
  noted_at DateTime('UTC') DEFAULT now()
) ENGINE = ReplacingMergeTree(rows)
ORDER BY (rollup, kafka_topic, kafka_partition, kafka_bucket, piece)
TTL noted_at + INTERVAL 4000 DAY`;

/** Rows of one day that go together: those of a tenant, of one table. */
export type ExpiringPiece = {
  /** Letters, digits and `-`; '' is the tenant of nobody. */
  readonly tenantId: string;
  /** `YYYY-MM-DD`, UTC, of `appended_at`, by which the table is partitioned. */
  readonly day: string;
};

const TENANT = /^[a-z0-9-]{0,63}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Notes what the sums hold of these rows, and takes the rows out of the table; the sums stay. It may be cut off anywhere
 * and done again, also by two at a time. All pieces are of one day.
 * @throws RangeError for a piece whose names would need quoting.
 */
export async function takeOutExpired(
  client: ClickHouseClient,
  database: string,
  { name: table, rollups }: RangeTable,
  pieces: readonly ExpiringPiece[],
): Promise<void> {
  const day = pieces[0]?.day;
  if (day === undefined) return;
  if (!DAY.test(day) || pieces.some((piece) => piece.day !== day || !TENANT.test(piece.tenantId))) {
    throw new RangeError('not pieces of one day');
  }
  for (const { tenantId } of pieces) {
    for (const rollup of rollups) {
      await client.command({
        query: `INSERT INTO {database:Identifier}.{expired:Identifier}
            (rollup, kafka_topic, kafka_partition, kafka_bucket, piece, rows)
          SELECT {rollup:String}, kafka_topic, kafka_partition, kafka_bucket, {piece:String}, sum(rows)
          FROM (${rollup.select}) GROUP BY kafka_topic, kafka_partition, kafka_bucket`,
        query_params: { database, expired: EXPIRED_TABLE, rollup: rollup.table, piece: `${tenantId}/${day}` },
        clickhouse_settings: onlyPiece(database, table, tenantId, day),
      });
    }
  }
  await client.command({
    query: `ALTER TABLE {database:Identifier}.{table:Identifier} DELETE IN PARTITION ${day.replaceAll('-', '')}
      WHERE tenant_id IN {tenants:Array(String)}`,
    query_params: { database, table, tenants: pieces.map(({ tenantId }) => tenantId) },
    clickhouse_settings: { mutations_sync: '2' },
  });
}

/** Lets the view's own query read only these rows of its table; neither name can hold a quote. */
function onlyPiece(database: string, table: string, tenantId: string, day: string): ClickHouseSettings {
  const filter = `tenant_id = \\'${tenantId}\\' AND toDate(appended_at) = \\'${day}\\'`;
  const filters: Record<string, string> = { additional_table_filters: `{'${database}.${table}':'${filter}'}` };
  return filters as ClickHouseSettings;
}
