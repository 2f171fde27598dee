import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IdentityView } from '#libs/access';
import { topics } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Identity } from '../identity.fixture.js';
import { listNames } from '../tables.js';
import { AccountSchedules } from './account-schedules.js';
import { KeyRotations } from './key-rotations.js';
import { SinkServer } from './sink-server.fixture.js';

const DAY = 86_400;
const identity = new Identity();
const hookSecret = 'a-secret-that-both-sides-of-it-know';
const server = new SinkServer('vault-token');
const directory = mkdtempSync(join(tmpdir(), 'sink-'));
let people: Awaited<ReturnType<Identity['tenants']>>;

const ada = (route: string, body?: object) => identity.ask(identity.operator, route, body);
const shown = async (id: string) => (await ada(`GET /v1/api-keys/${id}`)).body;
const accepted = async (text: string) => (await identity.ask(text, 'GET /v1/tenants')).status !== 401;
const round = () => identity.app.get(KeyRotations, { strict: false }).round();
const inFile = (id: string) => readFileSync(join(directory, 'acme', id), 'utf8');
const secretsOf = (id: string) => identity.app.get(IdentityView, { strict: false }).credential(id)?.secrets.length;
const texts: string[] = [];
/** Looks after virtual accounts and keys, and has no other right. */
const statement = { id: 'keep', effect: 'allow', actions: ['virtual-account:*', 'key:*'], resources: ['**'] };
const keeper = { kind: 'Role' as const, metadata: { name: 'keeper' }, spec: { statements: [statement] } };

/** A key that rotates every ten days into a sink, with a day's overlap. */
async function rotating(sink: string) {
  const owner = `user:${people.ada.id}`;
  const { id, value } = (await ada('POST /v1/api-keys', { tenant: 'acme', name: 'spec', owner })).body;
  const body = { every_seconds: 10 * DAY, overlap_seconds: DAY, sink };
  const { status, body: answered } = await ada(`POST /v1/api-keys/${id}/rotation`, body);
  expect([status, answered.rotation?.sink]).toEqual([200, sink]);
  texts.push(value);
  return { id: id as string, first: value as string };
}
const due = () => identity.pass(10 * DAY * 1_000);
/** After this a rotation that nobody ended counts as left behind. */
const abandoned = () => identity.pass(120_000);
/** Whatever else is due in this spec may rotate meanwhile. */
async function rotated(id: string) {
  const before = (await shown(id)).rotated_at;
  await waitFor(async () => (await round(), (await shown(id)).rotated_at !== before), { what: 'the rotation' });
}

beforeAll(async () => {
  const url = await server.open();
  identity.settings.GATEHOUSE_ROTATION_SINKS = {
    files: { type: 'directory', path: directory, tenants: ['acme'] },
    hook: { type: 'webhook', url: `${url}/hook`, secret: hookSecret, tenants: ['*'] },
    vault: { type: 'vault', url, token: 'vault-token', mount: 'secret', prefix: 'gatehouse', tenants: ['acme'] },
    others: { type: 'directory', path: directory, tenants: ['globex'] },
  };
  await identity.open();
  people = await identity.tenants();
  await identity.publish('acme', [keeper]);
});
beforeEach(() => {
  server.failWith = 0;
  vi.restoreAllMocks();
});
afterAll(async () => {
  await identity.close();
  await server.close();
  rmSync(directory, { recursive: true });
});

describe('a key that rotates by itself', () => {
  it('puts its new text into a directory, for its owner alone, and both texts are good for the overlap', async () => {
    const { id, first } = await rotating('files');
    await round();
    expect((await shown(id)).rotated_at).toBeNull();
    await due();
    await rotated(id);
    const second = inFile(id);
    texts.push(second);
    expect(statSync(join(directory, 'acme', id)).mode & 0o777).toBe(0o600);
    expect([second === first, await accepted(first), await accepted(second)]).toEqual([false, true, true]);
    await identity.pass(DAY * 1_000);
    expect([await accepted(first), await accepted(second)]).toEqual([false, true]);
    expect((await shown(id)).rotation).toMatchObject({ failures: 0, every_seconds: 10 * DAY });
  });

  it('posts it, signed, to a webhook', async () => {
    const { id } = await rotating('hook');
    await due();
    await rotated(id);
    const posted = server.got.find(({ body }) => body.includes(id));
    const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(posted?.headers['gatehouse-signature'])) ?? [];
    expect(createHmac('sha256', hookSecret).update(`${seconds}.${posted?.body}`).digest('hex')).toBe(mac);
    const { value, tenant } = JSON.parse(posted?.body ?? '{}');
    texts.push(value);
    expect([tenant, await accepted(value)]).toEqual(['acme', true]);
  });

  it('writes it into HashiCorp Vault, KV version 2', async () => {
    const { id } = await rotating('vault');
    await due();
    await rotated(id);
    const written = server.got.find(({ path, method }) => method === 'POST' && path.endsWith(`/acme/${id}`));
    expect(written?.path).toBe(`/v1/secret/data/gatehouse/acme/${id}`);
    const { value } = JSON.parse(written?.body ?? '{}').data;
    texts.push(value);
    expect(await accepted(value)).toBe(true);
  });

  it('goes on with its old text when the sink fails, says so, and tries again later', async () => {
    const { id, first } = await rotating('hook');
    await due();
    server.failWith = 503;
    await waitFor(async () => (await round(), (await shown(id)).rotation.failures === 1));
    const tried = server.got.filter(({ body }) => body.includes(id));
    expect(tried).toHaveLength(3);
    const attempted = JSON.parse(tried[0]?.body ?? '{}').value as string;
    texts.push(attempted);
    expect([await accepted(first), await accepted(attempted), secretsOf(id)]).toEqual([true, false, 1]);
    const wait = Date.parse((await shown(id)).rotation.next_at) - identity.clock.nowMs();
    expect(wait > 0 && wait <= 60_000).toBe(true);
    server.failWith = 0;
    await identity.pass(60_000);
    await rotated(id);
    expect((await shown(id)).rotation.failures).toBe(0);
  });

  it('ends by hand, and takes no sink that is not the tenant’s', async () => {
    const { id } = await rotating('files');
    const ended = await ada(`POST /v1/api-keys/${id}/rotation`, { sink: null });
    expect([ended.status, ended.body.rotation]).toEqual([200, null]);
    for (const sink of ['others', 'nobody']) {
      const body = { every_seconds: DAY, overlap_seconds: 0, sink };
      const { status, body: problem } = await ada(`POST /v1/api-keys/${id}/rotation`, body);
      expect([status, problem.code]).toEqual([422, 'api-key/sink-unknown']);
    }
    const body = { every_seconds: DAY, overlap_seconds: DAY, sink: 'files' };
    expect((await ada(`POST /v1/api-keys/${id}/rotation`, body)).status).toBe(400);
  });
});

describe('a virtual account whose keys rotate together', () => {
  const plan = { every_seconds: 10 * DAY, overlap_seconds: DAY, sink: 'files' };
  const schedules = () => identity.app.get(AccountSchedules, { strict: false }).round();
  const keyOf = async (owner: string) => {
    const { body } = await ada('POST /v1/api-keys', {
      tenant: 'acme',
      name: 'spec',
      owner: `virtual-account:${owner}`,
    });
    return body.id as string;
  };
  const account = async (name: string) => {
    return `/v1/virtual-accounts/${(await ada('POST /v1/virtual-accounts', { tenant: 'acme', name })).body.id}`;
  };
  /** Until the key says so: another round of the process may be under way with it. */
  const untilScheduled = (id: string, expected: boolean) =>
    waitFor(async () => (await schedules(), ((await shown(id)).rotation !== null) === expected));

  it('has the keys that it has and those that it gets take its schedule, and rotate by it', async () => {
    const path = await account('rotating');
    const before = await keyOf('rotating');
    const set = await ada(`POST ${path}/rotation`, plan);
    expect([set.status, set.body.rotation]).toEqual([200, plan]);
    expect((await ada(`GET ${path}`)).body.rotation).toEqual(plan);
    const after = await keyOf('rotating');
    for (const id of [before, after]) {
      await untilScheduled(id, true);
      expect((await shown(id)).rotation).toMatchObject({ ...plan, of_account: true, failures: 0 });
    }
    await due();
    await rotated(after);
    texts.push(inFile(after));
    expect(await accepted(inFile(after))).toBe(true);
  });

  it('changes them all with one call, those too that rotated for themselves, and ends with one', async () => {
    const path = await account('changing');
    const own = await keyOf('changing');
    expect((await ada(`POST /v1/api-keys/${own}/rotation`, plan)).status).toBe(200);
    expect((await shown(own)).rotation.of_account).toBe(false);
    await ada(`POST ${path}/rotation`, { ...plan, every_seconds: 20 * DAY });
    await waitFor(async () => (await schedules(), (await shown(own)).rotation.of_account));
    expect((await shown(own)).rotation.every_seconds).toBe(20 * DAY);
    const beside = await ada(`POST /v1/api-keys/${own}/rotation`, plan);
    expect([beside.status, beside.body.code]).toEqual([409, 'api-key/rotates-with-account']);
    expect((await ada(`POST ${path}/rotation`, { sink: null })).body.rotation).toBeNull();
    await untilScheduled(own, false);
    expect((await ada(`POST /v1/api-keys/${own}/rotation`, plan)).status).toBe(200);
    await schedules();
    expect((await shown(own)).rotation).toMatchObject({ ...plan, of_account: false });
  });

  it('is 400, 401, 403, 404 and 422 where it has to be', async () => {
    const path = await account('refusing');
    const asCon = (body: object) => identity.ask(people.con.key, `POST ${path}/rotation`, body);
    const statuses = [
      await ada(`POST ${path}/rotation`, { ...plan, overlap_seconds: 10 * DAY }),
      await identity.ask(undefined, `POST ${path}/rotation`, plan),
      await asCon(plan),
      await ada('POST /v1/virtual-accounts/va_nobody/rotation', plan),
      await ada(`POST ${path}/rotation`, { ...plan, sink: 'others' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([400, 401, 403, 404, 422]);
    expect((await ada(`GET ${path}`)).body.rotation).toBeNull();
  });

  it('is scheduled by nobody who does not hold what the account may do: the sink would hand it to them', async () => {
    const path = await account('powerful');
    const keeper = await identity.person('acme', 'keeper@acme.example');
    await identity.grant('acme', { name: 'keepers', subject: `user:${keeper.id}`, role: 'keeper' });
    await identity.grant('acme', { name: 'powers', subject: 'virtual-account:powerful', role: 'admin' });
    const refused = await identity.ask(keeper.key, `POST ${path}/rotation`, plan);
    expect([refused.status, refused.body.code]).toEqual([403, 'grant/not-held']);
  });
});

describe('a process that dies', () => {
  /** The next step of that kind breaks off, as if the process had ended before it. */
  const dieBefore = (type: string) => {
    const { events } = identity.store;
    const execute = events.execute.bind(events);
    vi.spyOn(events, 'execute').mockImplementation((...asked: Parameters<typeof execute>) => {
      const isIt = (asked[2] as { type: string }).type === type;
      return isIt ? Promise.reject(new Error('died')) : execute(...asked);
    });
  };

  it('after the sink has the text: the text is good, and becomes the key’s own in the next life', async () => {
    const { id, first } = await rotating('vault');
    await due();
    dieBefore('CompleteApiKeyRotation');
    const delivered = () => server.got.filter(({ path, method }) => method === 'POST' && path.endsWith(id));
    await waitFor(async () => (await round(), delivered().length > 0));
    const { value } = JSON.parse(delivered()[0]?.body ?? '{}').data;
    texts.push(value);
    expect([await accepted(first), await accepted(value), (await shown(id)).rotated_at]).toEqual([true, true, null]);
    vi.restoreAllMocks();
    await abandoned();
    await rotated(id);
    expect([delivered().length, await accepted(value), await accepted(first), secretsOf(id)]).toEqual([
      1,
      true,
      true,
      2,
    ]);
  });

  it('before it: the new secret is discarded, and another is made; never are more than two good', async () => {
    const { id, first } = await rotating('files');
    await due();
    const { events } = identity.store;
    const execute = events.execute.bind(events);
    let prepared = 0;
    vi.spyOn(events, 'execute').mockImplementation(async (...asked: Parameters<typeof execute>) => {
      const outcome = await execute(...asked);
      const { type, keyId } = asked[2] as { type: string; keyId: string };
      if (type === 'PrepareApiKeyRotation' && keyId === id && prepared++ === 0) throw new Error('died');
      return outcome;
    });
    await waitFor(async () => (await round(), prepared > 0));
    expect([await accepted(first), secretsOf(id)]).toEqual([true, 2]);
    await abandoned();
    await rotated(id);
    const second = inFile(id);
    texts.push(second);
    expect([prepared, await accepted(second), await accepted(first), secretsOf(id)]).toEqual([2, true, true, 2]);
  });
});

it('leaves nothing of a text in any table, topic or record', async () => {
  expect(texts.length).toBeGreaterThan(8);
  const tables = ['events', 'outbox', 'idempotency_keys', ...listNames];
  const stored = await Promise.all(
    tables.map(async (name) => JSON.stringify(await identity.rows(`select * from ${name}`))),
  );
  const topicTexts = [topics.identityEvents, topics.identityState].map(({ name }) => identity.topicText(name));
  const all = [...stored, ...topicTexts, JSON.stringify(identity.records)].join();
  for (const text of texts) expect(all.includes(text)).toBe(false);
});
