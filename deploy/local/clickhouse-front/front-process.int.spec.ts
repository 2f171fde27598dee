import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFront, type FrontProcess } from './front-process.fixture.js';

let directory: string;
let front: FrontProcess;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'front-'));
});
afterEach(async () => {
  await front.end('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

async function count(url: string): Promise<unknown> {
  const client = createClient({ url });
  const read = await client.query({ query: 'SELECT count() AS n, sum(a) AS s FROM kept', format: 'JSONEachRow' });
  const found = await read.json();
  await client.close();
  return found;
}

async function fill(url: string): Promise<void> {
  const client = createClient({ url });
  await client.command({ query: 'CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a' });
  await client.insert({ table: 'kept', values: [{ a: 1 }, { a: 2 }], format: 'JSONEachRow' });
  await client.close();
}

describe('the front as a process', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('finds again after %s what it had acknowledged', async (signal) => {
    front = await startFront(directory);
    await fill(front.url);
    const code = await front.end(signal);
    expect(code).toBe(signal === 'SIGTERM' ? 0 : null);
    front = await startFront(directory);
    expect(await count(front.url)).toEqual([{ n: 2, s: 3 }]);
  });

  it('finishes a statement under way before it stops', async () => {
    front = await startFront(directory);
    const client = createClient({ url: front.url, log: { level: ClickHouseLogLevel.OFF } });
    const slow = client.query({ query: 'SELECT sleep(1) AS z', format: 'JSONEachRow' });
    await (await client.query({ query: 'SELECT 1' })).text();
    const [read, code] = await Promise.all([slow, front.end('SIGTERM')]);
    expect([await read.json(), code]).toEqual([[{ z: 0 }], 0]);
    await client.close();
  });

  it('refuses a data directory that another process holds', async () => {
    front = await startFront(directory);
    await expect(startFront(directory)).rejects.toThrow('ended with 1');
  });

  it('with a password nobody else gets in', async () => {
    front = await startFront(directory, { CLICKHOUSE_FRONT_PASSWORD: 'only-for-this-spec' });
    const stranger = createClient({ url: front.url, log: { level: ClickHouseLogLevel.OFF } });
    await expect(stranger.query({ query: 'SELECT 1' })).rejects.toMatchObject({ type: 'AUTHENTICATION_FAILED' });
    const known = createClient({ url: front.url, password: 'only-for-this-spec' });
    expect(await (await known.query({ query: 'SELECT 1', format: 'CSV' })).text()).toBe('1\n');
    const basic = `Basic ${Buffer.from('default:only-for-this-spec').toString('base64')}`;
    const answer = await fetch(`${front.url}/?query=SELECT+2`, { headers: { authorization: basic } });
    expect(await answer.text()).toBe('2\n');
    await Promise.all([stranger.close(), known.close()]);
  });
});
