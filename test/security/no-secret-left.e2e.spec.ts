import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTopic, waitFor } from '#libs/testing';
import { act, admin, clickhouse, decisionRows, demoKey, gatewayUrl, local, sql, systemHome } from '../system/system.js';
import { addresses, demoKeys, found, secrets, type Needle } from './needles.js';
import { clickhouseRows, files, kafka, kafkaRecords, postgresRows, secretFiles } from './searched-stores.js';

const marker = `planted-${crypto.randomUUID()}`;
const planted: Needle = { what: 'the marker', pattern: new RegExp(marker, 'u') };
const keyId = () => demoKey('acme', 'manager').split('_')[2] ?? '';
/** What is no secret and must be there: else the search looks at the wrong things. */
const known = (): Needle => ({ what: 'a key id', pattern: new RegExp(keyId(), 'u') });

/** Everything that somebody might send a secret or an address in by mistake. */
async function careless(): Promise<void> {
  const key = demoKey('acme', 'contractor');
  const json = { 'content-type': 'application/json' };
  const bearer = { ...json, authorization: `Bearer ${key}` };
  const body = JSON.stringify({ model: 'local/llama-3', messages: [{ role: 'user', content: key }] });
  const chat = '/v1/chat/completions';
  const calls: [string, RequestInit][] = [
    [`${chat}?api_key=${key}`, { method: 'POST', headers: bearer, body }],
    [`${chat}?api_key=${key}`, { method: 'POST', headers: json, body }],
    [`/v1/models/${key}`, { headers: bearer }],
    [`/${key}`, { headers: bearer }],
    [chat, { method: 'POST', headers: bearer, body: `{"model": "${key}", "messages": []}` }],
    [chat, { method: 'POST', headers: bearer, body: `{"model": ${key}` }],
    [chat, { method: 'POST', headers: { ...bearer, 'user-agent': `curl ${key}` }, body }],
    [chat, { method: 'POST', headers: { ...bearer, 'x-request-id': key }, body }],
    [chat, { method: 'POST', headers: { ...json, authorization: `Bearer ${key}x` }, body }],
    [chat, { method: 'POST', headers: { ...json, authorization: `Basic ${key}` }, body }],
  ];
  for (const [path, request] of calls) await (await fetch(gatewayUrl() + path, request)).text();
  const known = await fetch(gatewayUrl() + chat, { method: 'POST', headers: { ...bearer, ...manager() }, body });
  await known.text();
  await callRow(known.headers.get('gatehouse-decision-id') ?? '');
  const last = await carelessAdministrators(key);
  // What was sent last is stored last: the search then sees all of it.
  await decisionRows(last);
}

const manager = () => ({ authorization: `Bearer ${demoKey('acme', 'manager')}` });

/** Waits until the end of a call is stored. */
function callRow(id: string): Promise<unknown> {
  const find = () => sql('SELECT 1 FROM calls WHERE decision_id = {id:UUID}', { id });
  return waitFor(async () => (await find()).length > 0, { timeoutMs: 30_000, what: `the end of call ${id}` });
}

async function carelessAdministrators(key: string): Promise<string> {
  const administrator = demoKey('acme', 'admin');
  const headers = { 'user-agent': `curl ${key}`, 'x-request-id': key };
  const address = 'vic@acme.example';
  let id = '';
  for (const service of ['identity', 'policy', 'audit'] as const) {
    for (const path of [`/v1/${key}`, `/v1/users/${key}`, `/v1/users/${address}`, `/v1/roles/${address}`]) {
      await admin(service, 'GET', `${path}?key=${key}&email=${address}`, administrator, { headers });
      await admin(service, 'GET', path, administrator, { headers });
    }
    const { headers: answer } = await admin(service, 'POST', '/v1/users', key, { json: { email: key, role: key } });
    id = answer.get('gatehouse-decision-id') ?? id;
  }
  await admin('identity', 'POST', '/v1/users', administrator, { json: { email: address } });
  await admin('identity', 'POST', '/v1/api-keys', administrator, { json: { name: key, owner: `user:${address}` } });
  await admin('policy', 'POST', '/v1/apply', administrator, { yaml: `kind: ${key}\nmetadata: {name: ${address}}` });
  return id;
}

beforeAll(async () => {
  await careless();
  // An orderly stop writes the snapshot file.
  await act('gateway', 'restart');
});

describe('no key, provider credential, pepper or other key of a service', () => {
  it('is in any table of PostgreSQL', async () => {
    expect(await found(secrets(), postgresRows())).toEqual([]);
  });

  it('is in any record of any topic', async () => {
    expect(await found(secrets(), await kafkaRecords())).toEqual([]);
  });

  it('is in any table of ClickHouse', async () => {
    expect(await found(secrets(), clickhouseRows())).toEqual([]);
  });

  it('is in any file: logs, spools, snapshots, and what the stores themselves write', () => {
    return expect(found(secrets(), files())).resolves.toEqual([]);
  });
});

describe('no address of anybody', () => {
  const erasable = / for identity\.state\.v1$/u;

  it('is in what is kept for ever, nor anywhere in policy or audit', async () => {
    const places = await found([addresses], postgresRows());
    const kept = places.filter((place) => /\.events\b|in policy\.|in audit\./u.test(place));
    const published = places.filter((place) => /outbox|state_records/u.test(place) && !erasable.test(place));
    expect([...kept, ...published]).toEqual([]);
  });

  it('is in any topic but the erasable one', async () => {
    expect(await found([addresses], await kafkaRecords())).toEqual(['an e-mail address in identity.state.v1']);
  });

  it('is in any table of ClickHouse', async () => {
    expect(await found([addresses], clickhouseRows())).toEqual([]);
  });

  it('is in a log or a spool', async () => {
    const pieces = [...files('logs'), ...files('services')].filter(({ place }) => /^logs|\/spool\//u.test(place));
    expect(await found([addresses], pieces)).toEqual([]);
  });
});

describe('the search', () => {
  it('finds what was planted in PostgreSQL, in the events themselves, and what is known to be there', async () => {
    const plant = async (client: { query: (text: string, values: string[]) => Promise<unknown> }) => {
      await client.query(
        `INSERT INTO identity.events SELECT (jsonb_populate_record(e, jsonb_build_object(
          'position', e.position + 1000000, 'version', 1000000, 'data', jsonb_build_object('x', $1::text)))).*
          FROM identity.events e LIMIT 1`,
        [marker],
      );
    };
    expect(await found([planted], postgresRows(plant))).toEqual(['the marker in identity.events']);
    expect(await found([planted], postgresRows())).toEqual([]);
    expect(await found([known()], postgresRows())).toContain('a key id in identity.events');
    expect(await found([addresses], postgresRows())).not.toEqual([]);
  });

  it('finds what was planted in Kafka, compressed as well, and what is known to be there', async () => {
    const topic = `spec.${marker}`;
    const maker = kafka().admin();
    await maker.connect();
    await createTopic(maker, { topic });
    const producer = kafka().producer();
    await producer.connect();
    await producer.send({ topic, compression: 1, messages: [{ value: marker.repeat(50) }] });
    await producer.disconnect();
    const pieces = await kafkaRecords();
    await maker.deleteTopics({ topics: [topic] });
    await maker.disconnect();
    expect(await found([planted], pieces)).toEqual([`the marker in ${topic}`]);
    const places = await found([known()], pieces);
    expect(places).toEqual(expect.arrayContaining(['a key id in identity.state.v1', 'a key id in identity.events.v1']));
    expect(places).toContain('a key id in gateway.decisions.v1');
  });

  it('finds what was planted in ClickHouse, and what is known to be there', async () => {
    const client = clickhouse();
    await client.command({ query: 'CREATE TABLE planted (text String) ENGINE = MergeTree ORDER BY text' });
    await client.insert({ table: 'planted', values: [{ text: marker }], format: 'JSONEachRow' });
    const places = await found([planted, known()], clickhouseRows());
    await client.command({ query: 'DROP TABLE planted' });
    await client.close();
    expect(places).toContain('the marker in planted');
    expect(places).toEqual(expect.arrayContaining(['a key id in decisions', 'a key id in calls']));
  });

  it.each(['logs', 'services/gateway-1/spool'])('finds what was planted in %s', async (folder) => {
    const path = join(systemHome, folder, 'planted');
    const own = `planted-${crypto.randomUUID()}`;
    writeFileSync(path, Buffer.from(`\0\u00ff${own}`));
    const places = await found([{ what: 'the marker', pattern: new RegExp(own, 'u') }], files());
    rmSync(path);
    expect(places).toEqual([`the marker in ${folder}/planted`]);
  });

  it('recognises every secret in the form it would be found in', async () => {
    for (const name of secretFiles) {
      const text = JSON.stringify(name === 'local.json' ? local() : demoKeys());
      expect(await found(secrets(), [{ place: name, text }])).not.toEqual([]);
    }
  });
});

describe('a file that holds secrets or credentials’ digests', () => {
  it.each([...secretFiles, 'services/gateway-1/snapshot/state'])('%s is its owner’s alone', (name) => {
    expect(statSync(join(systemHome, name)).mode & 0o777).toBe(0o600);
  });
});
