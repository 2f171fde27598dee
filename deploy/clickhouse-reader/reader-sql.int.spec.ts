import { fileURLToPath } from 'node:url';
import { createClickHouse, migrate } from '#libs/clickhouse';
import { freshName, testStack } from '#libs/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readerSql, TENANT_TABLES, TENANT_VIEWS } from './reader-sql.js';

const client = createClickHouse({ url: testStack().clickhouse.url });
const database = freshName('reader', '_');
const folder = fileURLToPath(new URL('../../apps/audit/migrations', import.meta.url));
const reader = { database, tenant: 'acme', user: 'acme_reader', passwordSha256: 'a'.repeat(64) };

const rows = async <Row>(query: string) => (await client.query({ query, format: 'JSONEachRow' })).json<Row>();

beforeAll(() => migrate({ client, database, folder }));
afterAll(async () => {
  await client.command({ query: `DROP DATABASE IF EXISTS ${database}` });
  await client.close();
});

it('is SQL that the engine parses, which has no users to run it with', async () => {
  for (const statement of readerSql(reader)) {
    expect(await rows(`EXPLAIN AST ${statement}`)).not.toEqual([]);
  }
  await expect(rows('EXPLAIN AST GRANT SELEKT ON a.b TO c')).rejects.toThrow();
});

it('opens only what has a tenant in each row, and views of nothing else', async () => {
  const tables = await rows<{ name: string; engine: string; sql: string; has_tenant: number }>(
    `SELECT t.name AS name, t.engine AS engine, t.create_table_query AS sql,
        t.name IN (SELECT table FROM system.columns WHERE database = '${database}' AND name = 'tenant_id') AS has_tenant
      FROM system.tables AS t WHERE t.database = '${database}'`,
  );
  const named = (name: string) => tables.find((table) => table.name === name);
  for (const table of TENANT_TABLES) expect(named(table)).toMatchObject({ has_tenant: 1 });
  for (const view of TENANT_VIEWS) {
    const { engine, sql = '', has_tenant } = named(view) ?? {};
    expect({ view, engine, has_tenant }).toEqual({ view, engine: 'View', has_tenant: 1 });
    const sources = Array.from(sql.matchAll(/(?:FROM|JOIN)\s+[`\w]+\.[`]?(\w+)/g), ([, name]) => name);
    expect(sources).not.toEqual([]);
    expect(sources.filter((name) => !(TENANT_TABLES as readonly (string | undefined)[]).includes(name))).toEqual([]);
  }
});
