import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
const ada = (route: string, body?: unknown, headers?: Record<string, string>) =>
  identity.ask(people.ada.key, route, body, headers);
const create = async (name: string) => (await ada('POST /v1/virtual-accounts', { name })).body.id as string;

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
  await ada('POST /v1/teams', { name: 'data' });
});
afterAll(() => identity.close());

describe('POST /v1/virtual-accounts', () => {
  it('makes one, owned by a team or by nobody, once per name of a tenant', async () => {
    const { status, body, headers } = await ada('POST /v1/virtual-accounts', { name: 'etl', team: 'data' });
    expect(status).toBe(201);
    const about = { object: 'virtual_account', name: 'etl', team: 'data', labels: {}, status: 'active' };
    expect(body).toMatchObject({ ...about, id: expect.stringMatching(/^va_/), created_by: people.ada.id });
    expect(headers['location']).toBe(`/v1/virtual-accounts/${body.id}`);
    expect((await ada(`GET /v1/virtual-accounts/${body.id}`)).body).toEqual(body);
    const again = await ada('POST /v1/virtual-accounts', { name: 'etl' });
    expect([again.status, again.body.code]).toEqual([409, 'virtual-account/name-taken']);
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    const statuses = [
      await ada('POST /v1/virtual-accounts', { name: 'Not A Slug' }),
      await ada('POST /v1/virtual-accounts', { name: 'x', operator: true }),
      await identity.ask(undefined, 'POST /v1/virtual-accounts', { name: 'x' }),
      await identity.ask(people.con.key, 'POST /v1/virtual-accounts', { name: 'x' }),
      await ada('POST /v1/virtual-accounts', { name: 'x', tenant: 'globex' }),
      await ada('POST /v1/virtual-accounts', { name: 'x', team: 'nobody' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([400, 400, 401, 403, 404, 404]);
  });

  it('pages through all of them exactly once', async () => {
    for (let i = 0; i < 5; i += 1) await create(`paged-${i}`);
    const all = (await ada('GET /v1/virtual-accounts?limit=200')).body.data.map(({ id }: { id: string }) => id);
    const paged = (await identity.pages(people.ada.key, '/v1/virtual-accounts', 2)).map(({ id }) => id);
    expect(paged).toEqual(all);
  });
});

describe('PATCH /v1/virtual-accounts/{id}', () => {
  it('changes team or labels at the version that was read', async () => {
    const path = `/v1/virtual-accounts/${await create('moved')}`;
    const moved = await ada(`PATCH ${path}`, { team: 'data' }, { 'if-match': '"1"' });
    expect([moved.status, moved.body.team, moved.headers['etag']]).toEqual([200, 'data', '"2"']);
    expect((await ada(`PATCH ${path}`, { labels: { a: 'b' } }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await ada(`PATCH ${path}`, { labels: { a: 'b' } }, { 'if-match': '"2"' })).body.labels).toEqual({ a: 'b' });
    expect((await ada(`PATCH ${path}`, { team: null })).body.team).toBeNull();
    expect((await ada(`PATCH ${path}`, { team: 'nobody' })).status).toBe(404);
    expect((await ada(`PATCH ${path}`, { team: null, labels: {} })).status).toBe(400);
    expect((await ada(`PATCH ${path}`, {})).status).toBe(400);
    expect((await ada(`PATCH ${path}`, { name: 'other' })).status).toBe(400);
  });
});

describe('stopping a virtual account', () => {
  it('ends its keys until it is resumed, for good when it is deleted, and then frees its name', async () => {
    const id = await create('stopped');
    await identity.grant('acme', { name: 'stopped', subject: 'virtual-account:stopped', role: 'admin' });
    const { value } = (await ada('POST /v1/api-keys', { name: 'x', owner: 'virtual-account:stopped' })).body;
    const works = async () => (await identity.ask(value, 'GET /v1/virtual-accounts')).status;
    expect(await works()).toBe(200);
    expect((await ada(`POST /v1/virtual-accounts/${id}/suspend`)).body.status).toBe('suspended');
    expect(await works()).toBe(401);
    await ada(`POST /v1/virtual-accounts/${id}/resume`);
    expect(await works()).toBe(200);
    expect((await ada(`DELETE /v1/virtual-accounts/${id}`)).body.status).toBe('deleted');
    expect(await works()).toBe(401);
    expect((await ada(`POST /v1/virtual-accounts/${id}/resume`)).status).toBe(404);
    // The name's next holder has the name's grants, and none of the former keys.
    expect((await ada('POST /v1/virtual-accounts', { name: 'stopped' })).status).toBe(201);
    expect(await works()).toBe(401);
    expect((await ada(`DELETE /v1/virtual-accounts/${id}`)).status).toBe(200);
    expect((await ada('POST /v1/virtual-accounts', { name: 'stopped' })).status).toBe(409);
  });

  it('finds who has the name now, however many had it before', async () => {
    for (let i = 0; i < 12; i += 1) await ada(`DELETE /v1/virtual-accounts/${await create('reborn')}`);
    await create('reborn');
    expect((await ada('POST /v1/api-keys', { name: 'x', owner: 'virtual-account:reborn' })).status).toBe(201);
  });

  it('never stops the operator: nobody would be left to start it again', async () => {
    const list = await identity.ask(identity.operator, 'GET /v1/virtual-accounts?tenant=platform');
    const { id } = list.body.data.find(({ name }: { name: string }) => name === 'operator');
    const suspend = await identity.ask(identity.operator, `POST /v1/virtual-accounts/${id}/suspend`);
    const remove = await identity.ask(identity.operator, `DELETE /v1/virtual-accounts/${id}`);
    expect([suspend.status, remove.status]).toEqual([409, 409]);
    expect((await identity.ask(identity.operator, 'GET /v1/tenants')).status).toBe(200);
  });
});
