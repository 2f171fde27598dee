import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
const ada = (route: string, body?: unknown, headers?: Record<string, string>) =>
  identity.ask(people.ada.key, route, body, headers);
const create = async (name: string) => (await ada('POST /v1/teams', { name })).body.id as string;
const memberIds = async (team: string) =>
  (await ada(`GET /v1/teams/${team}/members`)).body.data.map(({ id }: { id: string }) => id);

const eventCount = async () => Number((await identity.rows<{ n: string }>('select count(*) as n from events'))[0]?.n);

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
});
afterAll(() => identity.close());

describe('POST /v1/teams', () => {
  it('makes a team, once per name of a tenant', async () => {
    const { status, body, headers } = await ada('POST /v1/teams', { name: 'platform-crew' });
    expect(status).toBe(201);
    const shown = {
      object: 'team',
      managers: [],
      id: expect.stringMatching(/^team_/),
      name: 'platform-crew',
      member_count: 0,
      status: 'active',
    };
    expect(body).toEqual({ ...shown, created_at: expect.any(String) });
    expect(headers['location']).toBe(`/v1/teams/${body.id}`);
    const again = await ada('POST /v1/teams', { name: 'platform-crew' });
    expect([again.status, again.body.code]).toEqual([409, 'team/name-taken']);
    expect((await identity.ask(people.gil.key, 'POST /v1/teams', { name: 'platform-crew' })).status).toBe(201);
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    const statuses = [
      await ada('POST /v1/teams', { name: 'Not A Slug' }),
      await ada('POST /v1/teams', { name: 'x', members: [] }),
      await identity.ask(undefined, 'POST /v1/teams', { name: 'x' }),
      await identity.ask(people.con.key, 'POST /v1/teams', { name: 'x' }),
      await ada('POST /v1/teams', { name: 'x', tenant: 'globex' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([400, 400, 401, 403, 404]);
  });

  it('pages through all of them exactly once', async () => {
    for (let i = 0; i < 5; i += 1) await create(`team-${i}`);
    const all = (await ada('GET /v1/teams?limit=200')).body.data.map(({ id }: { id: string }) => id);
    const paged = (await identity.pages(people.ada.key, '/v1/teams', 2)).map(({ id }) => id);
    expect(paged).toEqual(all);
    expect((await ada(`GET /v1/teams?after=${btoa('["x"]')}`)).status).toBe(400);
  });
});

describe('members of a team', () => {
  it('are named as people name them, are counted once, and go again', async () => {
    const team = await create('members');
    const add = (member: string) => ada(`POST /v1/teams/${team}/members`, { member });
    await ada('POST /v1/virtual-accounts', { name: 'etl' });
    expect((await add('user:CON@acme.example')).body).toMatchObject({ id: people.con.id, team: 'members' });
    expect((await add(`user:${people.con.id}`)).status).toBe(201);
    const etl = (await add('virtual-account:etl')).body.id;
    expect(await memberIds(team)).toEqual([people.con.id, etl]);
    expect((await ada(`GET /v1/teams/${team}`)).body.member_count).toBe(2);
    const { status, body } = await ada(`DELETE /v1/teams/${team}/members/${people.con.id}`);
    expect([status, body.deleted, body.propagation]).toEqual([200, true, 'published']);
    expect(await memberIds(team)).toEqual([etl]);
    expect((await ada(`DELETE /v1/teams/${team}/members/${people.con.id}`)).status).toBe(200);
  });

  it('are taken out by an address, too; who is nobody is not told to be gone', async () => {
    const team = await create('by-address');
    await ada(`POST /v1/teams/${team}/members`, { member: 'user:con@acme.example' });
    for (const nobody of ['nobody@acme.example', 'gil@globex.example', 'nobody', 'user_x', 'va_x']) {
      expect((await ada(`DELETE /v1/teams/${team}/members/${nobody}`)).status).toBe(404);
      expect((await ada(`DELETE /v1/teams/${team}/managers/${nobody}`)).status).toBe(404);
    }
    const { status, body } = await ada(`DELETE /v1/teams/${team}/members/Con@acme.example`);
    expect([status, body.id]).toEqual([200, people.con.id]);
    expect(await memberIds(team)).toEqual([]);
  });

  it('are only people of the tenant: another’s is 404, by id and by address', async () => {
    const team = await create('own-only');
    for (const member of [
      `user:${people.gil.id}`,
      'user:gil@globex.example',
      'user:nobody',
      'nobody',
      'team:own-only',
    ]) {
      expect((await ada(`POST /v1/teams/${team}/members`, { member })).status).toBe(404);
    }
    expect(await memberIds(team)).toEqual([]);
    expect((await ada(`POST /v1/teams/${team}/members`, { member: 'user:x', role: 'admin' })).status).toBe(400);
    const asCon = await identity.ask(people.con.key, `POST /v1/teams/${team}/members`, { member: 'user:x' });
    expect(asCon.status).toBe(403);
  });

  it('get what the team may, and lose it when they leave or the team is deleted', async () => {
    const team = await create('viewers');
    await identity.grant('acme', { name: 'viewers', subject: 'team:viewers', role: 'admin' });
    const mayRead = async () => (await identity.ask(people.con.key, 'GET /v1/teams')).status;
    expect(await mayRead()).toBe(403);
    await ada(`POST /v1/teams/${team}/members`, { member: 'user:con@acme.example' });
    expect(await mayRead()).toBe(200);
    await ada(`DELETE /v1/teams/${team}/members/${people.con.id}`);
    expect(await mayRead()).toBe(403);
    await ada(`POST /v1/teams/${team}/members`, { member: 'user:con@acme.example' });
    expect(await mayRead()).toBe(200);
    expect((await ada(`DELETE /v1/teams/${team}`)).body).toMatchObject({ id: team, deleted: true });
    expect(await mayRead()).toBe(403);
    expect((await ada(`GET /v1/teams/${team}`)).status).toBe(404);
    expect((await ada('POST /v1/teams', { name: 'viewers' })).status).toBe(201);
    expect(await mayRead()).toBe(403);
  });

  it('leave the accounts that the team owned without an owner when it is deleted, and stopped until somebody takes them over', async () => {
    const team = await create('owners');
    const [owned, others] = [
      (await ada('POST /v1/virtual-accounts', { name: 'owned', team: 'owners' })).body,
      (await ada('POST /v1/virtual-accounts', { name: 'unowned' })).body,
    ];
    const { value } = (await ada('POST /v1/api-keys', { name: 'x', owner: 'virtual-account:owned' })).body;
    expect([owned.ownerless, others.ownerless]).toEqual([false, true]);
    expect((await ada(`DELETE /v1/teams/${team}`)).status).toBe(200);
    const shown = { team: null, ownerless: true, status: 'suspended' };
    expect((await ada(`GET /v1/virtual-accounts/${owned.id}`)).body).toMatchObject(shown);
    const isRefused = async () => (await identity.ask(value, 'GET /v1/me')).status === 401;
    expect(await isRefused()).toBe(true);
    // Another team of that name has nothing of it.
    await create('owners');
    expect(await isRefused()).toBe(true);
    await ada(`PATCH /v1/virtual-accounts/${owned.id}`, { team: 'owners' });
    await ada(`POST /v1/virtual-accounts/${owned.id}/resume`);
    expect(await isRefused()).toBe(false);
  });

  it('do not include a virtual account that was deleted', async () => {
    const team = await create('machines');
    const { id } = (await ada('POST /v1/virtual-accounts', { name: 'short-lived' })).body;
    await ada(`POST /v1/teams/${team}/members`, { member: 'virtual-account:short-lived' });
    await ada(`DELETE /v1/virtual-accounts/${id}`);
    expect(await memberIds(team)).toEqual([]);
  });
});

describe('a team that is suspended', () => {
  it('ends every credential of the accounts that it owns by one record, and none of its members’', async () => {
    const team = await create('stopped');
    const { id } = (await ada('POST /v1/virtual-accounts', { name: 'theirs', team: 'stopped' })).body;
    await ada(`POST /v1/teams/${team}/members`, { member: 'user:con@acme.example' });
    const issue = async () =>
      String((await ada('POST /v1/api-keys', { name: 'x', owner: 'virtual-account:theirs' })).body.value);
    const keys = [await issue(), await issue()];
    const statuses = async () => Promise.all(keys.map(async (key) => (await identity.ask(key, 'GET /v1/me')).status));
    const before = await eventCount();
    const { status, body } = await ada(`POST /v1/teams/${team}/suspend`, { reason: 'leaked' });
    expect([status, body.status, body.propagation]).toEqual([200, 'suspended', 'published']);
    expect((await eventCount()) - before).toBe(1);
    keys.push(await issue());
    expect(await statuses()).toEqual([401, 401, 401]);
    expect(identity.records.at(-1)).toMatchObject({ reason: 'team_suspended', tenant_id: 'acme', principal_id: id });
    expect((await identity.ask(people.con.key, 'GET /v1/me')).status).toBe(200);
    expect((await ada(`GET /v1/teams/${team}`)).body.status).toBe('suspended');
    expect((await ada(`POST /v1/teams/${team}/suspend`)).status).toBe(200);
    expect((await ada(`POST /v1/teams/${team}/resume`)).body.status).toBe('active');
    expect(await statuses()).toEqual([200, 200, 200]);
  });

  it('gives their clients no tokens either, and ends those that they have', async () => {
    const team = await create('quiet');
    await ada('POST /v1/virtual-accounts', { name: 'quiet', team: 'quiet' });
    const settings = { grant_types: ['client_credentials'], scopes: ['team:read'], virtual_account: 'quiet' };
    const resources = [identity.publicUrl];
    const { body: client } = await ada('POST /v1/oauth-clients', { name: 'quiet', resources, ...settings });
    const grant = async () => {
      const answer = await identity.app.inject({
        method: 'POST',
        url: '/oauth2/token',
        headers: {
          authorization: `Basic ${btoa(`${client.id}:${client.client_secret}`)}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        payload: 'grant_type=client_credentials',
      });
      return answer.json() as { access_token: string; error?: string };
    };
    const { access_token: token } = await grant();
    expect((await identity.ask(token, 'GET /v1/me')).status).toBe(200);
    await ada(`POST /v1/teams/${team}/suspend`);
    expect((await identity.ask(token, 'GET /v1/me')).status).toBe(401);
    expect((await grant()).error).toBe('invalid_grant');
    await ada(`POST /v1/teams/${team}/resume`);
    expect((await identity.ask(token, 'GET /v1/me')).status).toBe(200);
  });

  it('is 400, 401, 403 and 404 where it has to be; another tenant’s is as missing', async () => {
    const team = await create('guarded');
    for (const step of ['suspend', 'resume']) {
      const route = `POST /v1/teams/${team}/${step}`;
      const answers = [
        await ada(route, { because: 'x' }),
        await identity.ask(undefined, route),
        await identity.ask(people.con.key, route),
        await identity.ask(people.gil.key, route),
        await ada(`POST /v1/teams/team_nobody/${step}`),
      ];
      expect(answers.map(({ status }) => status)).toEqual([400, 401, 403, 404, 404]);
    }
  });

  it('never owns the operator, who could be stopped by it', async () => {
    const [{ id }] = (await identity.ask(identity.operator, 'GET /v1/virtual-accounts')).body.data;
    await identity.ask(identity.operator, 'POST /v1/teams', { name: 'ops' });
    const moved = await identity.ask(identity.operator, `PATCH /v1/virtual-accounts/${id}`, { team: 'ops' });
    expect([moved.status, moved.body.code]).toEqual([409, 'virtual-account/indispensable']);
  });
});
