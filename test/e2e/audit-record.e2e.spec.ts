import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '#libs/testing';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { reconcileCommand } from '../../deploy/reconcile/command.js';
import { verifyCommand } from '../../deploy/verify/command.js';
import { admin, decisionRows, demoKey, gatewayUrl, local, sql, systemHome } from '../system/system.js';

type Conformity = { conforms: boolean; decided_again: number; differences: unknown[]; not_decided_again: object };
type Explained = { at_the_time: { decision: string; near_misses: unknown[] } | null; differences: string[] };
type Changes = { data: { type: string; actor: string; before: unknown; after: unknown; decision_id: string }[] };

/** Positions of a service's events, from its own store. */
async function positionsIn(schema: 'identity' | 'policy'): Promise<string[]> {
  const client = new Client({ connectionString: local().postgres.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ position: string }>(
      `SELECT position FROM ${schema}.events ORDER BY position`,
    );
    return rows.map(({ position }) => String(position));
  } finally {
    await client.end();
  }
}

async function ask(key: string, model: string): Promise<string> {
  const answer = await fetch(`${gatewayUrl()}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }] }),
  });
  await answer.text();
  return String(answer.headers.get('gatehouse-decision-id'));
}

it.each(['identity', 'policy'] as const)('every event of %s is a change, once', async (service) => {
  const told = await positionsIn(service);
  expect(told.length).toBeGreaterThan(0);
  const last = Number(told.at(-1));
  const stored = () =>
    sql<{ place: string | number }>(
      `SELECT DISTINCT position AS place FROM changes
        WHERE service = {service:String} AND position <= {last:UInt64} ORDER BY place`,
      { service, last },
    );
  await waitFor(async () => (await stored()).length >= told.length, { timeoutMs: 30_000 });
  expect((await stored()).map(({ place }) => String(place))).toEqual(told);
  const twice = 'SELECT change_id FROM changes GROUP BY change_id HAVING count() > 1';
  expect(await sql(twice)).toEqual([]);
});

it('an administrator finds who changed what, by the decision that allowed it', async () => {
  const ada = demoKey('acme', 'admin');
  const json = { name: 'record-etl', labels: { app: 'record' } };
  const made = await admin<{ id: string }>('identity', 'POST', '/v1/virtual-accounts', ada, { json });
  expect(made.status).toBe(201);
  const decision = String(made.headers.get('gatehouse-decision-id'));
  const found = await waitFor(
    async () => {
      const { body } = await admin<Changes>('audit', 'GET', `/v1/changes?resource=${made.body.id}`, ada);
      return body.data.length > 0 && body.data;
    },
    { timeoutMs: 30_000 },
  );
  expect(found).toMatchObject([
    { type: 'identity.virtual-account.created', before: null, after: { name: 'record-etl', status: 'active' } },
  ]);
  expect(found[0]?.decision_id).toBe(decision);
  const foreign = await admin<Changes>(
    'audit',
    'GET',
    `/v1/changes?resource=${made.body.id}`,
    demoKey('globex', 'admin'),
  );
  expect(foreign.body.data).toEqual([]);
});

it('decisions made again with the revisions of their time are those that were recorded', async () => {
  const ids = [
    await ask(demoKey('acme', 'manager'), 'openai-main/gpt-4'),
    await ask(demoKey('acme', 'developer'), 'openai-main/gpt-4'),
    await ask(demoKey('acme', 'contractor'), 'staging/gpt-4o-mini'),
    await ask(demoKey('acme', 'service'), 'local/llama-3'),
    await ask(demoKey('acme', 'analyst'), 'openai-main/nope'),
    await ask(demoKey('globex', 'developer'), 'globex/ft-1'),
  ];
  for (const id of ids) expect(await decisionRows(id)).toHaveLength(1);
  const operator = local().operator.api_key;
  const { body } = await admin<Conformity>('audit', 'GET', '/v1/conformity?limit=2000', operator);
  expect(body).toMatchObject({ differences: [], conforms: true });
  expect(body.decided_again).toBeGreaterThanOrEqual(ids.length);
  expect(body.not_decided_again).not.toHaveProperty('documents_unknown');
  const path = `/v1/decisions/${ids[1]}/explain`;
  const explained = await admin<Explained>('audit', 'GET', path, demoKey('acme', 'admin'));
  expect(explained.body).toMatchObject({ differences: [], at_the_time: { decision: 'deny' } });
  expect(explained.body.at_the_time?.near_misses).not.toEqual([]);
});

it('rows are signed soon, verify by the route and by the command', async () => {
  const ada = demoKey('acme', 'admin');
  type Chain = { checkpoint: object | null; key: { public_key: string }; broken: unknown[] };
  const chain = await waitFor(
    async () => {
      const { body } = await admin<Chain>('audit', 'GET', '/v1/chain', ada);
      return body.checkpoint !== null && body;
    },
    { timeoutMs: 60_000 },
  );
  expect(chain.broken).toEqual([]);
  const { body } = await admin('audit', 'GET', '/v1/chain/verify', ada);
  expect(body).toMatchObject({ sound: true, fault: null });
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-key-'));
  await writeFile(join(folder, 'key.pem'), chain.key.public_key);
  const { url, database, username, password } = local().clickhouse;
  const server = new URL(database, url);
  Object.assign(server, { username, password });
  const args = ['--key', 'key.pem', '--clickhouse', server.href, '--tenant', 'acme'];
  // A checkpoint is an event first, and a row a moment later.
  const text = await waitFor(
    async () => {
      const said = await verifyCommand(args, Date.now(), (path) => join(folder, path));
      expect(said.exitCode).toBe(0);
      return /rows, [1-9]\d* signed/u.test(said.text) && said.text;
    },
    { timeoutMs: 60_000, what: 'the command to find what is signed' },
  );
  expect(text).toMatch(/^sound {2}acme: \d+ rows/u);
  await rm(folder, { recursive: true });
});

it('everything that any process decided is stored once, and every sum is that of the rows: the command says so', async () => {
  const asGiven = (path: string) => path;
  const { text, exitCode } = await reconcileCommand(['--wait-seconds', '60'], systemHome, asGiven);
  expect([exitCode, text]).toEqual([0, expect.stringMatching(/^consistent: [1-9]\d* rows/)]);
  expect(text).toContain('decisions_by_minute');
});
