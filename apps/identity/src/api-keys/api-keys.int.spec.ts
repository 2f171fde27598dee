import { parseKeyText } from '#libs/access';
import { BusError } from '#libs/bus';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from '../catalogue.fixture.js';
import { Identity } from '../identity.fixture.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
const ada = (route: string, body?: unknown, headers?: Record<string, string>) =>
  identity.ask(people.ada.key, route, body, headers);
const issue = async (more: object = {}) =>
  (await ada('POST /v1/api-keys', { name: 'spec', owner: 'virtual-account:etl', ...more })).body;
/** What guards make of a key now: 401, or something that only a known caller is told. */
const accepted = async (key: string) => (await identity.ask(key, 'GET /v1/tenants')).status !== 401;

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
  await identity.publish('acme', catalogue);
  await ada('POST /v1/virtual-accounts', { name: 'etl' });
});
afterAll(() => identity.close());

describe('POST /v1/api-keys', () => {
  it('shows the value once, and everything else as the key is shown from then on', async () => {
    const sent = {
      name: 'laptop',
      expires_in_seconds: 3600,
      restrictions: { models: ['local/*'] },
      labels: { a: 'b' },
    };
    const { status, body, headers } = await ada('POST /v1/api-keys', { ...sent, owner: 'user:ada@acme.example' });
    expect(status).toBe(201);
    const { value, ...shown } = body;
    expect(parseKeyText(value)).toEqual({ kind: 'pat', env: 'p', keyId: body.id });
    expect(shown).toMatchObject({
      object: 'api_key',
      name: 'laptop',
      kind: 'pat',
      status: 'active',
      last_used_at: null,
    });
    expect(shown).toMatchObject({
      restrictions: sent.restrictions,
      labels: { a: 'b' },
      owner: `user:${people.ada.id}`,
    });
    expect(Date.parse(shown.expires_at) - Date.parse(shown.created_at)).toBe(3_600_000);
    expect(shown.redacted_value).toMatch(new RegExp(`^gh_patp_${body.id}_`));
    expect(value).not.toContain(shown.redacted_value);
    expect(headers['location']).toBe(`/v1/api-keys/${body.id}`);
    const got = await ada(`GET /v1/api-keys/${body.id}`);
    expect([got.body, got.headers['etag']]).toEqual([shown, '"1"']);
    expect(await accepted(value)).toBe(true);
  });

  it('names the owner as people do, or by id, and gives each kind to whom it belongs', async () => {
    expect((await issue()).kind).toBe('vak');
    expect(await issue({ kind: 'svc' })).toMatchObject({ kind: 'svc', owner: 'virtual-account:etl' });
    expect((await issue({ owner: `user:${people.con.id}` })).kind).toBe('pat');
    for (const [kind, owner] of [
      ['pat', 'virtual-account:etl'],
      ['svc', 'user:con@acme.example'],
    ]) {
      const { status, body } = await ada('POST /v1/api-keys', { name: 'x', kind, owner });
      expect([status, body.code]).toEqual([422, 'api-key/invalid']);
    }
  });

  it('answers a repeated Idempotency-Key with the same key and without the value', async () => {
    const again = () =>
      ada('POST /v1/api-keys', { name: 'once', owner: 'virtual-account:etl' }, { 'idempotency-key': 'one' });
    const [first, second] = [await again(), await again()];
    const { value, ...shown } = first.body;
    expect([second.status, second.body]).toEqual([201, shown]);
    expect(second.text).not.toContain(value);
    expect(second.headers['gatehouse-decision-id']).toBeDefined();
    const { rows } = { rows: await identity.rows<{ body: string }>('select body from idempotency_keys') };
    expect(JSON.stringify(rows)).not.toContain(value);
  });

  it('makes one key of many requests at once under one Idempotency-Key', async () => {
    const body = { name: 'parallel', owner: 'virtual-account:etl' };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => ada('POST /v1/api-keys', body, { 'idempotency-key': 'many' })),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(new Set(made.map((answer) => answer.body.id)).size).toBe(1);
    expect(made.filter((answer) => answer.body.value)).toHaveLength(1);
  });

  it.each([
    ['no name', { name: '' }, '/name'],
    ['an unknown field', { status: 'active' }, '/status'],
    ['an unknown restriction', { restrictions: { everything: ['x'] } }, '/restrictions/everything'],
    ['an empty restriction, which would read as none', { restrictions: { models: [] } }, '/restrictions/models'],
    ['a life of nothing', { expires_in_seconds: 0 }, '/expires_in_seconds'],
    ['a life without end', { expires_in_seconds: 1e12 }, '/expires_in_seconds'],
    ['a beginning that is no instant', { not_before: 'tomorrow' }, '/not_before'],
    ['a range that is none', { restrictions: { cidrs: ['everywhere'] } }, '/restrictions/cidrs/0'],
    [
      'a statement of no known action',
      { restrictions: { statements: [{ actions: ['model:fly'], resources: ['model:**'] }] } },
      '/restrictions/statements/0',
    ],
    ['an operation that is none', { restrictions: { operations: ['fly'] } }, '/restrictions/operations/0'],
  ])('refuses %s with 400 and a pointer', async (_what, more, pointer) => {
    const { status, body } = await ada('POST /v1/api-keys', { name: 'x', owner: 'virtual-account:etl', ...more });
    expect([status, body.errors?.[0]?.pointer]).toEqual([400, pointer]);
  });

  it('is 401, 403 and 404 where it has to be; another tenant’s owner is as missing as nobody', async () => {
    const body = { name: 'x', owner: 'virtual-account:etl' };
    expect((await identity.ask(undefined, 'POST /v1/api-keys', body)).status).toBe(401);
    expect((await identity.ask(people.con.key, 'POST /v1/api-keys', body)).status).toBe(403);
    const owners = [
      'user:gil@globex.example',
      `user:${people.gil.id}`,
      'user:nobody',
      'virtual-account:none',
      'etl',
      '',
    ];
    const statuses = await Promise.all(
      owners.map(async (owner) => (await ada('POST /v1/api-keys', { ...body, owner })).status),
    );
    expect(statuses).toEqual([404, 404, 404, 404, 404, 400]);
    expect((await ada('POST /v1/api-keys', { ...body, tenant: 'globex' })).status).toBe(404);
  });

  it('lets a developer make keys for themselves alone', async () => {
    const dev = await identity.person('acme', 'dev@acme.example', 'developer');
    const own = await identity.ask(dev.key, 'POST /v1/api-keys', { name: 'own', owner: 'user:dev@acme.example' });
    expect(own.status).toBe(201);
    for (const owner of ['user:ada@acme.example', 'virtual-account:etl']) {
      expect((await identity.ask(dev.key, 'POST /v1/api-keys', { name: 'x', owner })).status).toBe(403);
    }
    expect((await identity.ask(dev.key, `POST /v1/api-keys/${people.ada.keyId}/revoke`)).status).toBe(403);
    const { body } = await identity.ask(dev.key, 'GET /v1/api-keys?limit=200');
    const owners = new Set(body.data.map(({ owner }: { owner: string }) => owner));
    expect([...owners]).toEqual([`user:${dev.id}`]);
  });
});

describe('a narrowed key', () => {
  it.each([
    { models: ['local/*'] },
    { operations: ['chat'] },
    { environments: ['staging'] },
    { cidrs: ['10.0.0.0/8'] },
    { accounts: ['local'] },
  ])('with %j makes no wider one, nor ends any', async (restrictions) => {
    const owner = `user:${people.ada.id}`;
    const { value } = await issue({ owner, restrictions });
    const wider = await identity.ask(value, 'POST /v1/api-keys', { name: 'wide', owner });
    expect([wider.status, wider.body.value]).toEqual([403, undefined]);
    for (const step of ['rotate', 'revoke', 'suspend']) {
      expect((await identity.ask(value, `POST /v1/api-keys/${people.ada.keyId}/${step}`)).status).toBe(403);
    }
  });
});

describe('while the brokers are away', () => {
  it('a narrowing write is answered 202 as pending, and holds everywhere once they are back', async () => {
    const { id, value } = await issue();
    const other = await issue();
    const publish = identity.bus.publish.bind(identity.bus);
    identity.bus.publish = () => Promise.reject(new BusError('bus/unavailable', 'away', true));
    const { status, body } = await ada(`POST /v1/api-keys/${id}/revoke`);
    expect([status, body.status, body.propagation]).toEqual([202, 'revoked', 'pending']);
    identity.bus.publish = publish;
    await waitFor(async () => !(await accepted(value)));
    expect(await accepted(other.value)).toBe(true);
  });
});

describe('GET /v1/api-keys', () => {
  it('pages through all keys of the tenant exactly once, and never shows a value', async () => {
    const { text, body } = await ada('GET /v1/api-keys?limit=200');
    expect(text).not.toContain('"value"');
    const paged = (await identity.pages(people.ada.key, '/v1/api-keys', 3)).map(({ id }) => id);
    expect(paged).toEqual(body.data.map(({ id }: { id: string }) => id));
    expect(new Set(paged).size).toBe(paged.length);
    expect((await ada(`GET /v1/api-keys?after=${btoa('["x"]')}`)).status).toBe(400);
    expect((await ada('GET /v1/api-keys?status=active')).status).toBe(400);
  });
});

describe('rotating a key', () => {
  it('without overlap ends the former secret at once', async () => {
    const { id, value } = await issue();
    const { status, body } = await ada(`POST /v1/api-keys/${id}/rotate`);
    expect([status, body.id, body.overlap_until]).toEqual([200, id, null]);
    expect([await accepted(value), await accepted(body.value)]).toEqual([false, true]);
    expect((await ada(`GET /v1/api-keys/${id}`)).body.value).toBeUndefined();
  });

  it('with overlap accepts both for exactly as long as it says', async () => {
    const { id, value } = await issue();
    const { body } = await ada(`POST /v1/api-keys/${id}/rotate`, { overlap_seconds: 600 });
    expect([await accepted(value), await accepted(body.value)]).toEqual([true, true]);
    const again = await ada(`POST /v1/api-keys/${id}/rotate`);
    expect([again.status, again.body.code]).toEqual([409, 'api-key/overlap-running']);
    const leftMs = Date.parse(body.overlap_until) - identity.clock.nowMs();
    identity.clock.shiftMs += leftMs - 500;
    expect(await accepted(value)).toBe(true);
    identity.clock.shiftMs += 501;
    expect([await accepted(value), await accepted(body.value)]).toEqual([false, true]);
    expect(identity.records.some(({ reason }) => reason === 'key_superseded')).toBe(true);
    expect((await ada(`POST /v1/api-keys/${id}/rotate`)).status).toBe(200);
  });

  it('gives the key its former length of life again, unless told otherwise', async () => {
    const { id } = await issue({ expires_in_seconds: 1000 });
    identity.clock.shiftMs += 500_000;
    const { body } = await ada(`POST /v1/api-keys/${id}/rotate`);
    const left = Date.parse(body.expires_at) - Date.parse(body.rotated_at);
    expect(left).toBe(1_000_000);
    const shorter = await ada(`POST /v1/api-keys/${id}/rotate`, { expires_in_seconds: 60 });
    expect(Date.parse(shorter.body.expires_at) - Date.parse(shorter.body.rotated_at)).toBe(60_000);
  });

  it('does not show the value again under the same Idempotency-Key', async () => {
    const { id } = await issue();
    const again = () => ada(`POST /v1/api-keys/${id}/rotate`, {}, { 'idempotency-key': 'rotate' });
    const [first, second] = [await again(), await again()];
    expect([first.status, second.status, second.body.value]).toEqual([200, 200, undefined]);
    expect(await accepted(first.body.value)).toBe(true);
  });

  it('is 400, 403 and 404 where it has to be, and 409 for an expired key', async () => {
    const { id, value } = await issue({ expires_in_seconds: 60 });
    const path = `POST /v1/api-keys/${id}/rotate`;
    expect((await ada(path, { overlap_seconds: -1 })).status).toBe(400);
    expect((await ada(path, { secret: 'mine' })).status).toBe(400);
    expect((await identity.ask(people.con.key, path)).status).toBe(403);
    expect((await identity.ask(people.gil.key, path)).status).toBe(404);
    identity.clock.shiftMs += 61_000;
    expect(await accepted(value)).toBe(false);
    expect((await ada(path)).body.code).toBe('api-key/expired');
    expect((await ada(`GET /v1/api-keys/${id}`)).body.status).toBe('expired');
  });
});

describe('stopping a key', () => {
  it('by suspension holds until it is resumed', async () => {
    const { id, value } = await issue();
    const { body } = await ada(`POST /v1/api-keys/${id}/suspend`, { reason: 'seen in a paste', leaked: true });
    expect(body).toMatchObject({ status: 'suspended', leaked: true, propagation: 'published' });
    expect(await accepted(value)).toBe(false);
    expect((await ada(`POST /v1/api-keys/${id}/rotate`)).body.code).toBe('api-key/suspended');
    expect((await ada(`POST /v1/api-keys/${id}/resume`)).body).toMatchObject({ status: 'active', leaked: false });
    expect(await accepted(value)).toBe(true);
    expect((await ada(`GET /v1/api-keys/${id}`)).body).toMatchObject({ status: 'active', leaked: false });
  });

  it('by revocation is for good, and a repetition changes nothing', async () => {
    const { id, value } = await issue();
    expect((await identity.ask(people.con.key, `POST /v1/api-keys/${id}/revoke`)).status).toBe(403);
    const { status, body, headers } = await ada(`POST /v1/api-keys/${id}/revoke`, { reason: 'no longer used' });
    expect([status, body.status, body.propagation]).toEqual([200, 'revoked', 'published']);
    const again = await ada(`POST /v1/api-keys/${id}/revoke`);
    expect([again.status, again.headers['etag']]).toEqual([200, headers['etag']]);
    expect(await accepted(value)).toBe(false);
    expect(identity.records.at(-1)).toMatchObject({ reason: 'key_revoked', key_id: id });
    for (const step of ['resume', 'suspend', 'rotate']) {
      const refused = await ada(`POST /v1/api-keys/${id}/${step}`);
      expect([refused.status, refused.body.code]).toEqual([409, 'api-key/revoked']);
    }
    expect((await ada(`POST /v1/api-keys/${id}/revoke`, { reason: 'x', force: true })).status).toBe(400);
  });

  it('counts from its beginning: before that it is refused', async () => {
    const soon = new Date(identity.clock.nowMs() + 60_000).toISOString();
    const { value } = await issue({ not_before: soon });
    expect(await accepted(value)).toBe(false);
    identity.clock.shiftMs += 61_000;
    expect(await accepted(value)).toBe(true);
  });
});
