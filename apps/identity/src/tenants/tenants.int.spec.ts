import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
const op = (route: string, body?: unknown) => identity.ask(identity.operator, route, body);

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
});
afterAll(() => identity.close());

describe('POST /v1/tenants', () => {
  it('makes a tenant for the operator, with place, version and position', async () => {
    const { status, body, headers } = await op('POST /v1/tenants', { name: 'initech', display_name: 'Initech' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ object: 'tenant', id: 'initech', display_name: 'Initech', status: 'active' });
    expect(headers['location']).toBe('/v1/tenants/initech');
    expect(headers['etag']).toBe('"1"');
    expect(headers['gatehouse-position']).toMatch(/^identity:\d+$/);
  });

  it.each([
    ['the name of the platform', { name: 'platform' }, '/name'],
    ['what is no slug', { name: 'Has Space' }, '/name'],
    ['an unknown field', { name: 'fine', operator: true }, '/operator'],
    ['nothing', {}, '/name'],
  ])('refuses %s with 400 and a pointer', async (_what, sent, pointer) => {
    const { status, body } = await op('POST /v1/tenants', sent);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.errors[0].pointer).toBe(pointer);
  });

  it('refuses a name that is taken with 409, also one of a deleted tenant', async () => {
    await op('POST /v1/tenants', { name: 'short-lived' });
    expect((await op('DELETE /v1/tenants/short-lived')).status).toBe(200);
    for (const name of ['acme', 'short-lived']) {
      const { status, body } = await op('POST /v1/tenants', { name });
      expect([status, body.code]).toEqual([409, 'tenant/name-taken']);
    }
  });

  it('is 403 for an administrator of a tenant and 401 without a key', async () => {
    expect((await identity.ask(people.ada.key, 'POST /v1/tenants', { name: 'x1' })).status).toBe(403);
    expect((await identity.ask(undefined, 'POST /v1/tenants', { name: 'x1' })).status).toBe(401);
  });

  it('answers the same again under one Idempotency-Key, and 422 for another request under it', async () => {
    const again = () =>
      identity.ask(identity.operator, 'POST /v1/tenants', { name: 'once' }, { 'idempotency-key': 'k' });
    const [first, second] = [await again(), await again()];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    const other = await identity.ask(
      identity.operator,
      'POST /v1/tenants',
      { name: 'two' },
      { 'idempotency-key': 'k' },
    );
    expect([other.status, other.body.code]).toEqual([422, 'idempotency/key-reused']);
  });
});

describe('GET /v1/tenants', () => {
  it('gives the operator each tenant exactly once, page by page, and an administrator their own', async () => {
    const all = (await op('GET /v1/tenants?limit=200')).body.data.map(({ id }: { id: string }) => id);
    const paged = (await identity.pages(identity.operator, '/v1/tenants', 1)).map(({ id }) => id);
    expect(paged).toEqual(all);
    expect(new Set(paged).size).toBe(paged.length);
    const own = await identity.ask(people.ada.key, 'GET /v1/tenants');
    expect(own.body).toMatchObject({ object: 'list', has_more: false, data: [{ id: 'acme' }] });
  });

  it.each(['limit=0', 'limit=x', 'after=nonsense', `after=${btoa('["x"]')}`, `after=${btoa('[null]')}`, 'tenant=acme'])(
    'refuses ?%s with 400',
    async (query) => {
      const { status, body } = await op(`GET /v1/tenants?${query}`);
      expect([status, body.code]).toEqual([400, 'invalid_request']);
    },
  );

  it('is 403 for who has no rights at all, and shows one’s own by id to whoever may', async () => {
    expect((await identity.ask(people.con.key, 'GET /v1/tenants')).status).toBe(403);
    const { status, headers } = await identity.ask(people.ada.key, 'GET /v1/tenants/acme');
    expect([status, headers['etag']]).toEqual([200, '"1"']);
    expect((await identity.ask(people.ada.key, 'GET /v1/tenants/globex')).status).toBe(404);
  });
});

describe('PATCH /v1/tenants/{id}', () => {
  const labels = { 'cost-center': '4711' };

  it('sets the labels of a tenant, for the operator, and publishes them', async () => {
    expect((await op('GET /v1/tenants/acme')).body.labels).toEqual({});
    const { status, body } = await op('PATCH /v1/tenants/acme', { labels });
    expect([status, body.labels, body.propagation]).toEqual([200, labels, 'published']);
    expect((await op('GET /v1/tenants/acme')).body).toMatchObject({ labels, status: 'active' });
    expect((await op('POST /v1/tenants/acme/suspend')).body).toMatchObject({ labels, status: 'suspended' });
    expect((await op('POST /v1/tenants/acme/resume')).body).toMatchObject({ labels, status: 'active' });
    expect((await op('PATCH /v1/tenants/acme', { labels: {} })).body.labels).toEqual({});
  });

  it('is 403 for its own administrator, 404 for another’s, and 401 without a key', async () => {
    const as = async (key: string | undefined, id: string) =>
      (await identity.ask(key, `PATCH /v1/tenants/${id}`, { labels })).status;
    expect([await as(people.ada.key, 'acme'), await as(people.ada.key, 'globex')]).toEqual([403, 404]);
    expect([await as(undefined, 'acme'), await as(identity.operator, 'nowhere')]).toEqual([401, 404]);
  });

  it('refuses what is no label with 400, and a version that is not the last with 412', async () => {
    for (const sent of [{}, { labels: { 'a b': 'x' } }, { labels, status: 'active' }]) {
      expect((await op('PATCH /v1/tenants/acme', sent)).status).toBe(400);
    }
    const late = await identity.ask(identity.operator, 'PATCH /v1/tenants/acme', { labels }, { 'if-match': '"0"' });
    expect(late.status).toBe(412);
  });
});

describe('a suspended tenant', () => {
  it('has no credential that works, until it is resumed; others go on', async () => {
    const { body, status } = await op('POST /v1/tenants/acme/suspend', { reason: 'unpaid bills' });
    expect([status, body.status, body.propagation]).toEqual([200, 'suspended', 'published']);
    const refused = await identity.ask(people.ada.key, 'GET /v1/users');
    expect([refused.status, refused.body.code]).toEqual([401, 'invalid_api_key']);
    expect(identity.records.at(-1)).toMatchObject({ reason: 'tenant_suspended', tenant_id: 'acme' });
    expect((await identity.ask(people.gil.key, 'GET /v1/users')).status).toBe(200);
    expect((await op('POST /v1/tenants/acme/suspend')).status).toBe(200);
    expect((await op('POST /v1/tenants/acme/resume')).body.status).toBe('active');
    expect((await identity.ask(people.ada.key, 'GET /v1/users')).status).toBe(200);
  });

  it('cannot be resumed by its own administrator, nor deleted', async () => {
    expect((await identity.ask(people.ada.key, 'POST /v1/tenants/acme/suspend')).status).toBe(403);
    expect((await identity.ask(people.ada.key, 'DELETE /v1/tenants/acme')).status).toBe(403);
    expect((await identity.ask(people.ada.key, 'DELETE /v1/tenants/globex')).status).toBe(404);
  });

  it('is over for good once it is deleted', async () => {
    await op('POST /v1/tenants', { name: 'gone' });
    const eve = await identity.person('gone', 'eve@gone.example', 'admin');
    expect((await identity.ask(eve.key, 'GET /v1/users')).status).toBe(200);
    expect((await op('DELETE /v1/tenants/gone')).body).toMatchObject({ status: 'deleted' });
    expect((await identity.ask(eve.key, 'GET /v1/users')).status).toBe(401);
    expect((await op('POST /v1/tenants/gone/resume')).status).toBe(404);
    expect((await op('DELETE /v1/tenants/gone')).status).toBe(200);
  });
});

it('is 404 wherever the operator names a tenant that does not exist', async () => {
  const asked: [string, unknown?][] = [
    ['POST /v1/users', { email: 'a@b.example', tenant: 'nowhere' }],
    ['POST /v1/teams', { name: 'crew', tenant: 'nowhere' }],
    ['POST /v1/virtual-accounts', { name: 'etl', tenant: 'nowhere' }],
    ['POST /v1/api-keys', { name: 'x', owner: 'user:a@b.example', tenant: 'nowhere' }],
    ['GET /v1/users?tenant=nowhere'],
    ['GET /v1/teams?tenant=nowhere'],
    ['GET /v1/virtual-accounts?tenant=nowhere'],
    ['GET /v1/api-keys?tenant=nowhere'],
    ['POST /v1/users', { email: 'a@b.example', tenant: 'gone' }],
  ];
  const answers = await Promise.all(asked.map(([route, body]) => op(route, body)));
  expect(answers.map(({ status }) => status)).toEqual(asked.map(() => 404));
});
