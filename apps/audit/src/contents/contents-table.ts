import { Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import type { ContentsRow } from './contents-row.js';

/** Names that one statement takes. */
const NAMES_AT_ONCE = 1_000;

/** What is kept of calls, sealed. */
@Injectable()
export class ContentsTable {
  constructor(private readonly database: AuditDatabase) {}

  /** Stored again it is the same row. */
  put(rows: readonly ContentsRow[]): Promise<void> {
    return this.database.insert('contents', rows);
  }

  async find(tenantId: string, decisionId: string): Promise<ContentsRow | undefined> {
    const [row] = await this.database.rows<ContentsRow>(
      'SELECT * FROM contents WHERE tenant_id = {tenant_id:String} AND decision_id = {decision_id:UUID} LIMIT 1',
      { tenant_id: tenantId, decision_id: decisionId },
    );
    return row;
  }

  async tenants(): Promise<string[]> {
    const rows = await this.database.rows<{ tenant_id: string }>('SELECT DISTINCT tenant_id FROM contents', {});
    return rows.map(({ tenant_id }) => tenant_id);
  }

  /** Whether anything is there that was written for it. */
  async uses(tenantId: string, keyId: string): Promise<boolean> {
    const where = 'tenant_id = {tenant_id:String} AND key_id = {key_id:String}';
    return this.has(where, { tenant_id: tenantId, key_id: keyId });
  }

  /** Takes out what a tenant does not keep any longer; `before` is a day. Answers whether there was something. */
  takeOutBefore(tenantId: string, before: string): Promise<boolean> {
    const where = `tenant_id = {tenant_id:String} AND at < toDateTime64({before:String}, 3, 'UTC')`;
    return this.takeOut(where, { tenant_id: tenantId, before });
  }

  takeOutTenant(tenantId: string): Promise<boolean> {
    return this.takeOut('tenant_id = {tenant_id:String}', { tenant_id: tenantId });
  }

  /** Takes out what is of these callers, but for some tenants; answers whether there was something. */
  async takeOutCallers(principalIds: readonly string[], heldTenants: readonly string[]): Promise<boolean> {
    let isAny = false;
    for (let from = 0; from < principalIds.length; from += NAMES_AT_ONCE) {
      const ids = principalIds.slice(from, from + NAMES_AT_ONCE);
      const where = 'principal_id IN {ids:Array(String)} AND tenant_id NOT IN {held:Array(String)}';
      if (await this.takeOut(where, { ids, held: heldTenants })) isAny = true;
    }
    return isAny;
  }

  private async takeOut(where: string, params: Readonly<Record<string, unknown>>): Promise<boolean> {
    // A mutation that finds nothing costs as much as one that does.
    if (!(await this.has(where, params))) return false;
    const { client, name: database } = this.database;
    await client.command({
      query: `ALTER TABLE {database:Identifier}.contents DELETE WHERE ${where}`,
      query_params: { database, ...params },
      clickhouse_settings: { mutations_sync: '1' },
    });
    return true;
  }

  private async has(where: string, params: Readonly<Record<string, unknown>>): Promise<boolean> {
    return (await this.database.rows(`SELECT 1 FROM contents WHERE ${where} LIMIT 1`, params)).length > 0;
  }
}
