import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { freshName, leastMs, testStack } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const database = freshName('front', '_');
let client: ClickHouseClient;

const rows = async <Row>(query: string, query_params: Record<string, unknown> = {}) =>
  (await client.query({ query, query_params, format: 'JSONEachRow' })).json<Row>();

beforeAll(async () => {
  const { url } = testStack().clickhouse;
  await createClient({ url }).command({ query: `CREATE DATABASE ${database}` });
  client = createClient({ url, database });
  await client.command({ query: 'CREATE TABLE t (a UInt64, b String) ENGINE = MergeTree ORDER BY a' });
});
afterAll(async () => {
  await client.command({ query: `DROP DATABASE ${database}` });
  await client.close();
});

describe('the stock client against the front', () => {
  it('inserts and reads in the formats it offers, with a summary', async () => {
    const inserted = await client.insert({ table: 't', values: [{ a: 1, b: 'é\n"\'\\' }], format: 'JSONEachRow' });
    expect(inserted.summary?.written_rows).toBe('1');
    await client.insert({ table: 't', values: [[2, 'x']], columns: ['a', 'b'], format: 'JSONCompactEachRow' });
    await client.insert({ table: 't', values: [], format: 'JSONEachRow' });
    await client.command({ query: "INSERT INTO t VALUES (3, concat('y', 'z'))" });
    expect(await rows('SELECT a, b FROM t ORDER BY a')).toEqual(
      [
        { a: '1', b: 'é\n"\'\\' },
        { a: '2', b: 'x' },
        { a: '3', b: 'yz' },
      ].map((row) => ({ ...row, a: Number(row.a) })),
    );
    const whole = await (
      await client.query({ query: 'SELECT count() AS n FROM t', format: 'JSON' })
    ).json<{ n: number }>();
    expect(whole.rows).toBe(1);
    expect(await (await client.query({ query: 'SELECT 1, 2', format: 'CSV' })).text()).toBe('1,2\n');
  });

  it('binds parameters of scalar and array types', async () => {
    const params = {
      s: "a'\\\t\n`",
      i: -5,
      u: 7n,
      f: 1.5,
      b: true,
      d: new Date(1_700_000_000_123),
      n: null,
      l: ["x'", 'y\\'],
      k: [1, 2],
    };
    const [row] = await rows(
      `SELECT {s:String} AS s, {i:Int32} AS i, {u:UInt64} + 0 AS u, {f:Float64} AS f, {b:Bool} AS b,
       {d:DateTime64(3,'UTC')} AS d, {n:Nullable(String)} AS n, {l:Array(String)} AS l, {k:Array(UInt32)} AS k LIMIT {i2:UInt8}`,
      { ...params, i2: 1 },
    );
    expect(row).toEqual({ ...params, u: 7, d: '2023-11-14 22:13:20.123' });
  });

  it('a deduplication token of one insert does not touch the next', async () => {
    await client.command({
      query:
        'CREATE TABLE d (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100',
    });
    const insert = (a: number, token?: string) =>
      client.insert({
        table: 'd',
        values: [{ a }],
        format: 'JSONEachRow',
        ...(token ? { clickhouse_settings: { insert_deduplication_token: token } } : {}),
      });
    await Promise.all([insert(1, 'one'), insert(2, 'one')]);
    await Promise.all([3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((a) => insert(a)));
    expect(await rows('SELECT count() AS n FROM d')).toEqual([{ n: 11 }]);
  });

  it('SET and USE of one request do not reach another', async () => {
    await client.command({ query: 'SET max_block_size = 77' });
    await client.command({ query: 'USE system' });
    const seen = await Promise.all(
      Array.from({ length: 10 }, () => rows("SELECT getSetting('max_block_size') AS s, currentDatabase() AS d")),
    );
    for (const row of seen.flat()) expect(row).toMatchObject({ d: database, s: expect.not.toBeOneOf([77, '77']) });
  });

  it('reports errors with code and type', async () => {
    await expect(rows('SELECT * FROM nowhere')).rejects.toMatchObject({ code: '60', type: 'UNKNOWN_TABLE' });
    await expect(rows('SELEC 1')).rejects.toMatchObject({ code: '62', type: 'SYNTAX_ERROR' });
    await expect(client.insert({ table: 't', values: ['{'], format: 'JSONEachRow' })).rejects.toMatchObject({
      code: expect.any(String),
    });
    const missing = createClient({ url: testStack().clickhouse.url, database: 'nowhere' });
    await expect(missing.query({ query: 'SELECT 1' })).rejects.toMatchObject({ type: 'UNKNOWN_DATABASE' });
    await missing.close();
  });

  it('answers others while statements run, and compressed bodies both ways', async () => {
    const answerMs = async () => {
      const slow = Promise.all([1, 2, 3].map(() => rows('SELECT sleep(1)')));
      const started = performance.now();
      expect((await client.ping()).success).toBe(true);
      expect(await rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
      const tookMs = performance.now() - started;
      await slow;
      return tookMs;
    };
    expect(await leastMs(900, answerMs)).toBeLessThan(900);
    const packed = createClient({
      url: testStack().clickhouse.url,
      database,
      compression: { request: true, response: true },
    });
    await packed.insert({ table: 't', values: [{ a: 99, b: 'packed' }], format: 'JSONEachRow' });
    const read = await packed.query({ query: 'SELECT b FROM t WHERE a = 99', format: 'JSONEachRow' });
    expect(await read.json()).toEqual([{ b: 'packed' }]);
    await packed.close();
  });

  it('GET reads only, and a request from a web page is refused', async () => {
    const { url } = testStack().clickhouse;
    const get = await fetch(`${url}/?query=${encodeURIComponent('DROP TABLE t')}`);
    expect([get.status, get.headers.get('x-clickhouse-exception-code')]).toEqual([403, '164']);
    const page = await fetch(url, {
      method: 'POST',
      body: 'SELECT 1',
      headers: { origin: 'http://elsewhere.example' },
    });
    expect(page.status).toBe(403);
    const plain = await fetch(`${url}/?query=SELECT+1`);
    expect([plain.status, plain.headers.get('x-clickhouse-format'), await plain.text()]).toEqual([
      200,
      'TabSeparated',
      '1\n',
    ]);
  });
});
