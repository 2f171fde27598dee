import { freshName, testStack } from '#libs/testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClickHouse } from '../client/clickhouse-client.js';
import { migrate } from './migration-runner.js';

let client: ReturnType<typeof createClickHouse>;
let folder: string;
let database: string;
const databases: string[] = [];

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const run = () => migrate({ client, database, folder });
const rows = async (query: string) => (await client.query({ query, format: 'JSONEachRow' })).json();

beforeAll(() => {
  client = createClickHouse({ url: testStack().clickhouse.url });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  database = freshName('migrations', '_');
  databases.push(database);
  await write(
    '0001_first.sql',
    `CREATE TABLE IF NOT EXISTS \${database}.log (n UInt32) ENGINE = MergeTree ORDER BY n; -- ;
     INSERT INTO \${database}.log VALUES (1);`,
  );
});
afterEach(() => rm(folder, { recursive: true }));
afterAll(async () => {
  for (const name of databases) await client.command({ query: `DROP DATABASE IF EXISTS ${name}` });
  await client.close();
});

describe('migrations', () => {
  it('are applied once, in order, with the database put in', async () => {
    await write('0002_second.sql', 'INSERT INTO ${database}.log VALUES (2)');
    expect(await run()).toEqual(['0001_first.sql', '0002_second.sql']);
    expect(await run()).toEqual([]);
    expect(await rows(`SELECT n FROM ${database}.log ORDER BY n`)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('run by several processes at once are applied once', async () => {
    await write('0002_second.sql', 'INSERT INTO ${database}.log VALUES (2)');
    const applied = await Promise.all([run(), run(), run(), run()]);
    expect(applied.flat().sort()).toEqual(['0001_first.sql', '0002_second.sql']);
    expect(await rows(`SELECT count() AS n FROM ${database}.log`)).toEqual([{ n: '2' }]);
  });

  it('a file changed after it was applied is refused by its name', async () => {
    await run();
    await write('0001_first.sql', 'SELECT 1');
    await expect(run()).rejects.toThrow('0001_first.sql was changed after it had been applied');
  });

  it('a file that fails says where, and goes on from that statement', async () => {
    await write(
      '0002_second.sql',
      'INSERT INTO ${database}.log VALUES (2); INSERT INTO ${database}.missing VALUES (3)',
    );
    await expect(run()).rejects.toThrow('0002_second.sql, statement 2');
    await client.command({ query: `CREATE TABLE ${database}.missing (n UInt32) ENGINE = MergeTree ORDER BY n` });
    expect(await run()).toEqual(['0002_second.sql']);
    expect(await rows(`SELECT n FROM ${database}.log ORDER BY n`)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('a number below one already applied is refused', async () => {
    await write('0003_third.sql', 'SELECT 3');
    await run();
    await write('0002_second.sql', 'SELECT 2');
    await expect(run()).rejects.toThrow('0002_second.sql is numbered below');
  });

  it('a holder that died does not stop the next for ever', async () => {
    await client.command({ query: `CREATE DATABASE ${database}` });
    await client.command({
      query: `CREATE TABLE ${database}.schema_migrations_lock (unused UInt8) ENGINE = MergeTree ORDER BY tuple() COMMENT 'dead'`,
    });
    await expect(migrate({ client, database, folder, waitMs: 300 })).rejects.toThrow(
      'somebody else has been migrating',
    );
    expect(await run()).toEqual(['0001_first.sql']);
    expect(await rows(`SELECT name FROM system.tables WHERE database = '${database}' AND name LIKE '%lock%'`)).toEqual(
      [],
    );
  });
});
