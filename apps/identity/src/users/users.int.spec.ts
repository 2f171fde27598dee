import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
const ada = (route: string, body?: unknown, headers?: Record<string, string>) =>
  identity.ask(people.ada.key, route, body, headers);
const register = async (email: string) => (await ada('POST /v1/users', { email })).body.id as string;

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
});
afterAll(() => identity.close());

describe('POST /v1/users', () => {
  it('registers one, in the caller’s own tenant, with the address in lower case', async () => {
    const sent = { email: 'Dev@Acme.Example', display_name: 'Dev', labels: { employment: 'contractor' } };
    const { status, body, headers } = await ada('POST /v1/users', sent);
    expect(status).toBe(201);
    const { id } = body;
    expect(id).toMatch(/^user_[0-9A-Za-z]{16}$/);
    const shown = { ...sent, object: 'user', id, email: 'dev@acme.example', status: 'active' };
    expect(body).toEqual({ ...shown, created_at: expect.any(String) });
    expect(headers['location']).toBe(`/v1/users/${id}`);
    const got = await ada(`GET /v1/users/${id}`);
    expect(got.body).toEqual(body);
    expect([got.headers['etag'], headers['etag']]).toEqual(['"1"', '"1"']);
  });

  it.each([
    ['what is no address', { email: 'nobody' }, '/email'],
    ['an unknown field', { email: 'a@acme.example', status: 'active' }, '/status'],
    ['a role that nobody offered', { email: 'a@acme.example', operator: true }, '/operator'],
    ['a label that is no text', { email: 'a@acme.example', labels: { a: 1 } }, '/labels/a'],
  ])('refuses %s with 400 and a pointer', async (_what, sent, pointer) => {
    const { status, body } = await ada('POST /v1/users', sent);
    expect([status, body.errors?.[0]?.pointer]).toEqual([400, pointer]);
  });

  it('refuses an address that is taken with 409, whatever its case; another tenant’s is nobody’s business', async () => {
    await register('taken@acme.example');
    const again = await ada('POST /v1/users', { email: 'TAKEN@acme.example' });
    expect([again.status, again.body.code]).toEqual([409, 'user/email-taken']);
    expect((await ada('POST /v1/users', { email: 'gil@globex.example' })).status).toBe(201);
  });

  it('gives one address to one of many who ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ada('POST /v1/users', { email: 'race@acme.example' })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 7 }, () => 409)]);
  });

  it('is 401 without a key, 403 without the right, 404 with the name of another tenant', async () => {
    const body = { email: 'n@acme.example' };
    expect((await identity.ask(undefined, 'POST /v1/users', body)).status).toBe(401);
    expect((await identity.ask(people.con.key, 'POST /v1/users', body)).status).toBe(403);
    expect((await ada('POST /v1/users', { ...body, tenant: 'globex' })).status).toBe(404);
    expect((await ada('POST /v1/users', { ...body, tenant: 'acme' })).status).toBe(201);
  });
});

describe('GET /v1/users', () => {
  it('pages through everybody of the tenant exactly once', async () => {
    const all = (await ada('GET /v1/users?limit=200')).body.data.map(({ id }: { id: string }) => id);
    const paged = (await identity.pages(people.ada.key, '/v1/users', 2)).map(({ id }) => id);
    expect(paged).toEqual(all);
    expect(new Set(paged).size).toBe(paged.length);
    const { body } = await identity.ask(identity.operator, 'GET /v1/users?tenant=globex');
    expect(body.data).toMatchObject([{ email: 'gil@globex.example' }]);
  });

  it.each(['limit=0', 'limit=201', 'after=%00', `after=${btoa('["x"]')}`, `after=${btoa('[1e99]')}`, 'colour=red'])(
    'refuses ?%s with 400',
    async (query) => {
      expect((await ada(`GET /v1/users?${query}`)).status).toBe(400);
    },
  );
});

describe('GET /v1/users with a filter', () => {
  it('lists who has the address, the status or the team, of one’s own tenant alone', async () => {
    const id = await register('filtered@acme.example');
    const { id: team } = (await ada('POST /v1/teams', { name: 'filtered' })).body;
    await ada(`POST /v1/teams/${team}/members`, { member: `user:${id}` });
    const ids = async (query: string, key = people.ada.key) =>
      (await identity.ask(key, `GET /v1/users?${query}`)).body.data.map((user: { id: string }) => user.id);
    expect(await ids('email=FILTERED@acme.example')).toEqual([id]);
    expect(await ids('team=filtered')).toEqual([id]);
    expect(await ids('team=filtered&status=suspended')).toEqual([]);
    expect(await ids('team=no-such-team')).toEqual([]);
    await ada(`POST /v1/users/${id}/suspend`);
    expect(await ids('status=suspended')).toContain(id);
    expect(await ids('email=filtered@acme.example', people.gil.key)).toEqual([]);
    expect(await ids('team=filtered', people.gil.key)).toEqual([]);
    expect((await ada('GET /v1/users?status=unknown')).status).toBe(400);
  });
});

describe('PATCH /v1/users/{id}', () => {
  it('changes labels at the version that was read, and is 412 at another', async () => {
    const id = await register('labelled@acme.example');
    const first = await ada(`PATCH /v1/users/${id}`, { labels: { a: '1' } }, { 'if-match': '"1"' });
    expect([first.status, first.headers['etag'], first.body.labels]).toEqual([200, '"2"', { a: '1' }]);
    const late = await ada(`PATCH /v1/users/${id}`, { labels: { a: '2' } }, { 'if-match': '"1"' });
    expect([late.status, late.body.code]).toEqual([412, 'precondition/failed']);
    expect((await ada(`PATCH /v1/users/${id}`, { labels: {} }, { 'if-match': 'nonsense' })).status).toBe(412);
    expect((await ada(`GET /v1/users/${id}`)).body.labels).toEqual({ a: '1' });
    expect((await ada(`PATCH /v1/users/${id}`, { email: 'x@acme.example' })).status).toBe(400);
  });

  it('is 404 for who does not exist and 403 without the right', async () => {
    expect((await ada('PATCH /v1/users/user_x', { labels: {} })).status).toBe(404);
    expect((await identity.ask(people.con.key, `PATCH /v1/users/${people.ada.id}`, { labels: {} })).status).toBe(403);
  });
});

describe('suspending a user', () => {
  it('ends their keys until they are resumed, and says why to the record alone', async () => {
    const sue = await identity.person('acme', 'sue@acme.example', 'viewer');
    expect((await identity.ask(sue.key, 'GET /v1/users')).status).not.toBe(401);
    const { status, body } = await ada(`POST /v1/users/${sue.id}/suspend`, { reason: 'lost laptop' });
    expect([status, body.status, body.propagation]).toEqual([200, 'suspended', 'published']);
    expect((await identity.ask(sue.key, 'GET /v1/users')).status).toBe(401);
    expect(identity.records.at(-1)).toMatchObject({ reason: 'principal_suspended', principal_id: sue.id });
    expect((await ada(`POST /v1/users/${sue.id}/resume`)).body.status).toBe('active');
    expect((await identity.ask(sue.key, 'GET /v1/users')).status).not.toBe(401);
    expect((await ada(`POST /v1/users/${sue.id}/suspend`, { reason: '' })).status).toBe(400);
  });
});

describe('deactivating a user', () => {
  it('ends their keys for good, not those of the virtual accounts that they made, and leaves their teams', async () => {
    const max = await identity.person('acme', 'max@acme.example', 'admin');
    const team = (await ada('POST /v1/teams', { name: 'crew' })).body.id as string;
    await ada(`POST /v1/teams/${team}/members`, { member: 'user:max@acme.example' });
    await identity.ask(max.key, 'POST /v1/virtual-accounts', { name: 'etl' });
    const etl = await identity.ask(max.key, 'POST /v1/api-keys', { name: 'etl', owner: 'virtual-account:etl' });
    await identity.grant('acme', { name: 'etl', subject: 'virtual-account:etl', role: 'admin' });
    const { status, body } = await ada(`POST /v1/users/${max.id}/deactivate`, { reason: 'left' });
    expect([status, body.status]).toEqual([200, 'deactivated']);
    expect((await identity.ask(max.key, 'GET /v1/users')).status).toBe(401);
    expect((await identity.ask(etl.body.value, 'GET /v1/virtual-accounts')).status).toBe(200);
    expect((await ada(`GET /v1/teams/${team}/members`)).body.data).toEqual([]);
  });

  it('cannot be taken back, and shows none of their keys as active', async () => {
    const pat = await identity.person('acme', 'pat@acme.example', 'viewer');
    await ada(`POST /v1/users/${pat.id}/deactivate`);
    expect((await ada(`POST /v1/users/${pat.id}/resume`)).status).toBe(404);
    expect((await ada('POST /v1/api-keys', { name: 'x', owner: `user:${pat.id}` })).status).toBe(404);
    expect((await ada(`POST /v1/users/${pat.id}/deactivate`)).status).toBe(200);
    expect((await identity.ask(pat.key, 'GET /v1/users')).status).toBe(401);
    expect((await ada(`GET /v1/api-keys/${pat.keyId}`)).body.status).not.toBe('active');
    expect((await ada(`POST /v1/api-keys/${pat.keyId}/rotate`)).status).toBe(409);
  });

  it('frees the address, again and again, for who comes next', async () => {
    for (let i = 0; i < 12; i += 1) await ada(`POST /v1/users/${await register('desk@acme.example')}/deactivate`);
    const id = await register('desk@acme.example');
    const key = await ada('POST /v1/api-keys', { name: 'desk', owner: 'user:desk@acme.example' });
    expect([key.status, key.body.owner]).toEqual([201, `user:${id}`]);
  });

  it('does not free the address of who has it now when it is repeated', async () => {
    const former = await register('again@acme.example');
    await ada(`POST /v1/users/${former}/deactivate`);
    await register('again@acme.example');
    await ada(`POST /v1/users/${former}/deactivate`);
    expect((await ada('POST /v1/users', { email: 'again@acme.example' })).status).toBe(409);
  });
});
