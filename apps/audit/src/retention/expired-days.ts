import { inspectRangeTables, takeOutExpired } from '#libs/clickhouse';
import { Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { TABLES } from '../ingest/partition-ingest.js';

export type DecisionTable = (typeof TABLES)[number];
/** One day of one chain: rows of a tenant that came by one topic into one table. */
export type ChainDay = {
  readonly table: DecisionTable;
  readonly tenant_id: string;
  readonly kafka_topic: string;
  readonly kafka_partition: number;
  readonly day: string;
  readonly rows: number;
  readonly last_offset: number;
  readonly last_index: number;
};

/** Days of chains that one look takes up; the next one goes on. */
const CHAIN_DAYS_MAX = 5_000;

/** Reads which days of which chains are stored, and takes some of them out. */
@Injectable()
export class ExpiredDays {
  constructor(private readonly database: AuditDatabase) {}

  /** Tenants with rows of days before `day`. */
  async tenantsBefore(table: DecisionTable, day: string): Promise<string[]> {
    const rows = await this.database.rows<Pick<ChainDay, 'tenant_id'>>(
      `SELECT DISTINCT tenant_id FROM ${table} WHERE appended_at < toDateTime64({day:String}, 3, 'UTC')`,
      { day },
    );
    return rows.map(({ tenant_id }) => tenant_id);
  }

  /** Days before the first that each tenant keeps, oldest first; tenants that are not named keep all of theirs. */
  before(table: DecisionTable, firstKept: ReadonlyMap<string, string>): Promise<ChainDay[]> {
    const kept = [...firstKept.values()];
    if (kept.length === 0) return Promise.resolve([]);
    return this.database.rows<ChainDay>(
      `SELECT '${table}' AS table, tenant_id, kafka_topic, kafka_partition, toString(toDate(appended_at)) AS day,
          count() AS rows, max((kafka_offset, kafka_index)).1 AS last_offset, max((kafka_offset, kafka_index)).2 AS last_index
        FROM ${table} WHERE appended_at < toDateTime64({day:String}, 3, 'UTC')
          AND toString(toDate(appended_at)) < transform(toString(tenant_id), {tenants:Array(String)}, {kept:Array(String)}, '')
        GROUP BY tenant_id, kafka_topic, kafka_partition, day ORDER BY day, tenant_id, kafka_topic LIMIT ${CHAIN_DAYS_MAX}`,
      { day: kept.toSorted().at(-1), tenants: [...firstKept.keys()], kept },
    );
  }

  /** Takes one day of some tenants out of a table. Where their chains stood then is noted first; the sums stay. */
  async takeOut(table: DecisionTable, days: readonly ChainDay[]): Promise<void> {
    const { client, name: database } = this.database;
    const [first] = days;
    if (!first) return;
    for (const { tenant_id, kafka_topic, kafka_partition, last_offset, last_index, rows, day } of days) {
      await client.command({
        query: `INSERT INTO {database:Identifier}.expired_days (table_name, tenant_id, kafka_topic, kafka_partition, day,
            rows, last_offset, last_index, chain_hash)
          SELECT {table:String}, tenant_id, kafka_topic, kafka_partition, {day:String}, {rows:UInt64}, kafka_offset,
            kafka_index, chain_hash
          FROM {database:Identifier}.{table:Identifier}
          WHERE tenant_id = {tenant_id:String} AND kafka_topic = {kafka_topic:String}
            AND kafka_partition = {kafka_partition:UInt32} AND kafka_offset = {last_offset:UInt64}
            AND kafka_index = {last_index:UInt32} LIMIT 1`,
        query_params: { database, table, tenant_id, kafka_topic, kafka_partition, last_offset, last_index, rows, day },
      });
    }
    const [found] = await inspectRangeTables(client, database, [table]);
    if (!found) return;
    const tenants = [...new Set(days.map(({ tenant_id }) => tenant_id))];
    const pieces = tenants.map((tenantId) => ({ tenantId, day: first.day }));
    await takeOutExpired(client, database, found, pieces);
  }
}
