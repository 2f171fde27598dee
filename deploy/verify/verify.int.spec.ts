import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CHAIN_READ_SETTINGS,
  chainHash,
  checkpointDigest,
  checkpointKey,
  SegmentBuilder,
  signCheckpoint,
} from '#libs/chain';
import { createClickHouse } from '#libs/clickhouse';
import type { SignedCheckpoint } from '#libs/contracts';
import { freshName, testStack } from '#libs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyCommand } from './command.js';

const database = freshName('verify', '_');
const client = createClickHouse({ url: testStack().clickhouse.url, settings: CHAIN_READ_SETTINGS });
const url = `${testStack().clickhouse.url}/${database}`;
const topic = 'gateway.decisions.v1';
const key = checkpointKey(Buffer.alloc(32, 3));
const now = Date.parse('2026-11-05T12:00:00.000Z');
const days = ['2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04'];
const ROWS_A_DAY = 30;

type Row = Record<string, unknown> & { chain_hash: string };
const command = (query: string) =>
  client.command({ query: query.replaceAll('db.', `${database}.`), clickhouse_settings: { mutations_sync: '1' } });

/** What a consumer would have stored: two tenants by turns, over four days. */
function rowsOf(tenant_id: string, kafka_index: number): Row[] {
  let head = '';
  return days.flatMap((day, dayNumber) =>
    Array.from({ length: ROWS_A_DAY }, (_, index): Row => {
      const kafka_offset = dayNumber * ROWS_A_DAY + index;
      const decision_id = `${tenant_id}-${kafka_offset}`;
      const appended_at = `${day}T08:00:00.${String(index).padStart(3, '0')}Z`;
      const place = { kafka_topic: topic, kafka_partition: 1, kafka_offset, kafka_index };
      // Both tenants' records were written by one boot, by turns.
      const writer = { replica: 'gateway-1', boot: 'b1', seq: 2 * kafka_offset + (tenant_id === 'acme' ? 1 : 2) };
      const row = { decision_id, tenant_id, outcome: 'allow', appended_at, ...writer, ...place };
      head = chainHash(head, row);
      return { ...row, chain_hash: head };
    }),
  );
}
const acme = rowsOf('acme', 0);
const globex = rowsOf('globex', 1);

/** A checkpoint at the end of each day but the last, of which half is signed. */
function checkpointsOf(tenantId: string, rows: readonly Row[]): SignedCheckpoint[] {
  const signed: SignedCheckpoint[] = [];
  for (const upTo of [30, 60, 90, 105]) {
    const last = signed.at(-1);
    const builder = new SegmentBuilder({ table: 'decisions', topic }, last?.segments.at(-1));
    for (const row of rows.slice(upTo === 105 ? 90 : upTo - 30, upTo)) builder.take(row);
    const former = last ? checkpointDigest(last) : '';
    const { segments } = builder;
    signed.push(
      signCheckpoint(
        { tenantId, number: signed.length + 1, at: new Date(now).toISOString(), former, segments, written: [] },
        key,
      ),
    );
  }
  return signed;
}

let folder: string;
const inFolder = (...parts: string[]) => join(folder, ...parts);
const verify = (...args: string[]) =>
  verifyCommand(['--key', 'key.pem', '--output', 'json', ...args], now, (path) => inFolder(path));
const tables = ['--clickhouse', url, '--checkpoints', 'checkpoints'];
/** The faults by tenant; of a sound one none. */
async function faultsIn(...args: string[]) {
  const { text, exitCode } = await verify(...args);
  expect(text).toMatch(/^\[/);
  const reports = JSON.parse(text) as {
    tenantId: string;
    sound: boolean;
    fault?: object;
    chains: { fault?: object }[];
  }[];
  expect(exitCode).toBe(reports.every(({ sound }) => sound) ? 0 : 1);
  return Object.fromEntries(
    reports.map(({ tenantId, fault, chains }) => [tenantId, fault ?? chains[0]?.fault ?? null]),
  );
}

async function fill(): Promise<void> {
  await command(`TRUNCATE TABLE db.decisions`);
  await client.insert({ table: `${database}.decisions`, values: [...acme, ...globex], format: 'JSONEachRow' });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-verify-'));
  await writeFile(inFolder('key.pem'), String(key.publicKey.export({ format: 'pem', type: 'spki' })));
  for (const [tenant, rows] of Object.entries({ acme, globex })) {
    await mkdir(inFolder('checkpoints', tenant), { recursive: true });
    for (const checkpoint of checkpointsOf(tenant, rows)) {
      await writeFile(inFolder('checkpoints', tenant, `${checkpoint.number}.json`), JSON.stringify(checkpoint));
    }
  }
  await command(`CREATE DATABASE ${database}`);
  for (const table of ['decisions', 'calls', 'changes']) {
    await command(`CREATE TABLE db.${table} (decision_id String, tenant_id LowCardinality(String), outcome String,
      appended_at DateTime64(3, 'UTC'), replica String, boot String, seq UInt64, kafka_topic LowCardinality(String), kafka_partition UInt32, kafka_offset UInt64,
      kafka_index UInt32, chain_hash String, type String ALIAS '') ENGINE = MergeTree
      PARTITION BY toYYYYMMDD(appended_at) ORDER BY (tenant_id, decision_id)`);
  }
});
beforeEach(fill);
afterAll(async () => {
  await command(`DROP DATABASE ${database}`);
  await client.close();
  await rm(folder, { recursive: true });
});

const id = (offset: number) => `acme-${offset}`;
const update = (set: string, offset: number) =>
  `ALTER TABLE db.decisions UPDATE ${set} WHERE decision_id = '${id(offset)}'`;
const copied = (columns: string) =>
  `INSERT INTO db.decisions SELECT ${columns} FROM db.decisions WHERE decision_id = '${id(44)}'`;
const place = 'appended_at, replica, boot, seq, kafka_topic, kafka_partition';

describe('tables that nobody touched', () => {
  it('are sound, also when the oldest days have expired', async () => {
    expect(await faultsIn(...tables)).toEqual({ acme: null, globex: null });
    await command(`ALTER TABLE db.decisions DROP PARTITION 20261101`);
    await command(`ALTER TABLE db.decisions DELETE WHERE appended_at < '2026-11-02 08:00:00.010'`);
    expect(await faultsIn(...tables, '--kept-days', '2')).toEqual({ acme: null, globex: null });
    const found = await faultsIn(...tables);
    expect(found['acme']).toMatchObject({ kind: 'dropped', place: { offset: 0 } });
  });
});

describe('in real tables, the first row is named that somebody', () => {
  it.each([
    ['changed', [update("outcome = 'deny'", 44)], 'changed', 44],
    ['changed among the unsigned', [update("outcome = 'deny'", 110)], 'changed_or_dropped', 110],
    ['dropped', [`ALTER TABLE db.decisions DELETE WHERE decision_id = '${id(44)}'`], 'dropped', 45],
    [
      'gave to another tenant',
      [
        copied(`decision_id, 'globex', outcome, ${place}, kafka_offset, kafka_index, chain_hash`),
        `ALTER TABLE db.decisions DELETE WHERE tenant_id = 'acme' AND decision_id = '${id(44)}'`,
      ],
      'dropped',
      45,
    ],
    ['inserted', [copied(`'forged', tenant_id, 'deny', ${place}, kafka_offset, 5, chain_hash`)], 'inserted', 'forged'],
    [
      'put in a second time',
      [copied(`decision_id, tenant_id, outcome, ${place}, kafka_offset, kafka_index, chain_hash`)],
      'inserted',
      44,
    ],
    [
      'put in the place of another',
      [
        update('kafka_offset = 1000', 44),
        update('kafka_offset = 44', 45),
        `ALTER TABLE db.decisions UPDATE kafka_offset = 45 WHERE kafka_offset = 1000`,
      ],
      'reordered',
      45,
    ],
    ['took with its whole day', [`ALTER TABLE db.decisions DROP PARTITION 20261102`], 'dropped', ''],
  ])('%s', async (_what, statements, kind, name) => {
    for (const statement of statements) await command(statement);
    const found = await faultsIn(...tables);
    expect(found['acme']).toMatchObject({ kind, id: typeof name === 'number' ? id(name) : name });
  });

  it('leaves the other tenant alone, and stops nothing by what it did to one', async () => {
    await command(update("outcome = 'deny'", 44));
    expect((await faultsIn(...tables))['globex']).toBeNull();
    expect(await faultsIn(...tables, '--tenant', 'globex')).toEqual({ globex: null });
  });

  it('is found where the hashes were computed anew, up to the last checkpoint', async () => {
    let head = acme[43]?.chain_hash ?? '';
    const rewritten = acme.slice(44).map(({ chain_hash: _, ...row }, index): Row => {
      const forged = index === 0 ? { ...row, outcome: 'deny' } : row;
      head = chainHash(head, forged);
      return { ...forged, chain_hash: head };
    });
    await command(`ALTER TABLE db.decisions DELETE WHERE tenant_id = 'acme' AND kafka_offset >= 44`);
    await client.insert({ table: `${database}.decisions`, values: rewritten, format: 'JSONEachRow' });
    expect((await faultsIn(...tables))['acme']).toMatchObject({ kind: 'rewritten', day: '2026-11-02' });
  });
});

describe('the numbers of a writer', () => {
  const numbered = ['--clickhouse', url, '--checkpoints', 'numbered', '--output', 'text'];

  beforeAll(async () => {
    const writers = [{ replica: 'gateway-1', boot: 'b1', after: 0, upTo: 240 }];
    const written = [{ topic, partition: 1, end: 120, since: days[0] ?? '', writers }];
    const said = { tenantId: '', number: 1, at: new Date(now).toISOString(), former: '', segments: [], written };
    await mkdir(inFolder('numbered', '~'), { recursive: true });
    await writeFile(inFolder('numbered', '~', '1.json'), JSON.stringify(signCheckpoint(said, key)));
  });

  it('name the last row, dropped with the end of its chain before that was signed, and the first row', async () => {
    const untouched = await verify(...numbered);
    expect(untouched).toMatchObject({ exitCode: 0, text: expect.stringContaining('240 signed, 0 of them without') });
    await command(`ALTER TABLE db.decisions DELETE WHERE decision_id = '${id(119)}'`);
    const { text: ofLast, exitCode } = await verify(...numbered);
    expect([exitCode, ofLast]).toEqual([1, expect.stringContaining('240 signed, 1 of them without a row')]);
    await command(`ALTER TABLE db.decisions DELETE WHERE decision_id = '${id(0)}'`);
    const { text } = await verify(...numbered);
    expect(text).toContain('240 signed, 2 of them without a row');
    for (const number of [1, 239]) {
      const hole = `missing: ${number} to ${number} of gateway-1, boot b1, in ${topic}/1 (2026-11-01 or later)`;
      expect(text).toContain(hole);
    }
  });

  it('are not asked for where their days may have expired, or where one tenant alone is looked at', async () => {
    await command(`ALTER TABLE db.decisions DELETE WHERE decision_id = '${id(0)}'`);
    expect((await verify(...numbered, '--kept-days', '2')).text).toContain('0 signed, 0 of them');
    expect((await verify(...numbered, '--tenant', '')).text).not.toContain('numbers of all writers');
  });
});

describe('an export', () => {
  const rowLines = (rows: readonly Row[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const exported = ['--export', 'export', '--checkpoints', 'checkpoints'];

  it('is verified without any database, in the order of its lines', async () => {
    await mkdir(inFolder('export'), { recursive: true });
    await writeFile(inFolder('export', 'decisions.ndjson'), rowLines([...globex, ...acme]));
    expect(await faultsIn(...exported)).toEqual({ acme: null, globex: null });
    const turned = [...acme.slice(0, 44), acme[45], acme[44], ...acme.slice(46)].filter((row) => row !== undefined);
    await writeFile(inFolder('export', 'decisions.ndjson'), rowLines([...globex, ...turned]));
    expect((await faultsIn(...exported))['acme']).toMatchObject({ kind: 'reordered', id: id(44) });
  });

  it('that cannot be read is no sound one', async () => {
    await writeFile(inFolder('export', 'decisions.ndjson'), '{"half":');
    expect((await verify(...exported)).exitCode).toBe(2);
    expect((await verify('--export', 'nowhere')).exitCode).toBe(2);
  });
});

it('trusts no checkpoint of another key, and misses one that is gone', async () => {
  const other = String(checkpointKey(Buffer.alloc(32, 4)).publicKey.export({ format: 'pem', type: 'spki' }));
  await writeFile(inFolder('other.pem'), other);
  const { text, exitCode } = await verifyCommand(['--key', 'other.pem', ...tables], now, (path) => inFolder(path));
  expect([exitCode, text]).toEqual([1, expect.stringContaining('checkpoint_forged: number 1')]);
  await rm(inFolder('checkpoints', 'acme', '2.json'));
  expect((await faultsIn(...tables))['acme']).toEqual({ kind: 'checkpoint_missing', number: 2 });
});

it.each([[[]], [['--clickhouse', url]], [['--key', 'key.pem']], [['--key', 'key.pem', ...tables, '--export', 'x']]])(
  'tells how it is used for %j',
  async (args) => {
    const { text, exitCode } = await verifyCommand(args, now, (path) => inFolder(path));
    expect([exitCode, text]).toEqual([2, expect.stringContaining('Usage:')]);
  },
);
