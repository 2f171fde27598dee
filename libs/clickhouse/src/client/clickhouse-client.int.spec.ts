import { freshName, testStack } from '#libs/testing';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { createClickHouse } from './clickhouse-client.js';
import { isTransient } from './failure.js';

const database = freshName('client', '_');
const client = createClickHouse({ url: testStack().clickhouse.url });

afterAll(async () => {
  await client.command({ query: `DROP DATABASE IF EXISTS ${database}` });
  await client.close();
});

describe('the client', () => {
  it('keeps 64-bit integers exact and dates as RFC 3339, both ways', async () => {
    await client.command({ query: `CREATE DATABASE ${database}` });
    await client.command({
      query: `CREATE TABLE ${database}.t (n UInt64, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY n`,
    });
    const row = { n: '18446744073709551615', at: '2026-11-23T09:00:00.123Z' };
    await client.insert({ table: `${database}.t`, values: [row], format: 'JSONEachRow' });
    const read = await client.query({ query: `SELECT * FROM ${database}.t`, format: 'JSONEachRow' });
    expect(await read.json()).toEqual([row]);
  });

  it('tells what may pass from what does not', async () => {
    const failure = (query: string, from = client) => from.query({ query }).catch((error: unknown) => error);
    expect(isTransient(await failure('SELECT * FROM nowhere'))).toBe(false);
    expect(
      isTransient(
        await failure(
          'SELECT count() FROM numbers(1e12) WHERE cityHash64(number) = 1 SETTINGS max_execution_time = 0.1',
        ),
      ),
    ).toBe(true);
    const nobody = createClickHouse({ url: 'http://127.0.0.1:1' });
    expect(isTransient(await failure('SELECT 1', nobody))).toBe(true);
    await nobody.close();
  });

  it('a server that is silent, or hangs up, may answer later', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const impatient = createClickHouse({ url: `http://127.0.0.1:${port}`, requestTimeoutMs: 100 });
    expect(isTransient(await impatient.query({ query: 'SELECT 1' }).catch((error: unknown) => error))).toBe(true);
    silent.on('connection', (socket) => socket.destroy());
    expect(isTransient(await impatient.query({ query: 'SELECT 1' }).catch((error: unknown) => error))).toBe(true);
    await impatient.close();
    silent.close();
  });
});
