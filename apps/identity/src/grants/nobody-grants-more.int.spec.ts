import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
/** Looks after people and teams and may use staging models; administers nothing. */
let desk: Awaited<ReturnType<Identity['person']>>;
const ada = (route: string, body?: unknown) => identity.ask(people.ada.key, route, body);
const asDesk = (route: string, body?: unknown) => identity.ask(desk.key, route, body);
const team = async (name: string) => (await ada('POST /v1/teams', { name })).body.id as string;
const role = (name: string, statements: object[]) => ({
  kind: 'Role' as const,
  metadata: { name },
  spec: { statements },
});
const allow = (id: string, actions: string[], resources: string[], when?: object[]) => {
  return { id, effect: 'allow', actions, resources, ...(when && { when }) };
};
const staging = [{ attr: 'resource.tags.env', in: ['staging'] }];
const cleared = [{ attr: 'principal.labels.clearance', eq: 'high' }];
const refused = { status: 403, body: { code: 'grant/not-held' } };

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
  desk = await identity.person('acme', 'desk@acme.example');
  await identity.publish('acme', [
    role('people', [
      allow('people', ['user:*', 'team:*', 'virtual-account:*'], ['user:**', 'team:**', 'virtual-account:**']),
      allow('keys', ['key:*'], ['key:**']),
      allow('models', ['model:invoke'], ['model:*/*'], staging),
    ]),
    role('staging-user', [allow('models', ['model:invoke'], ['model:local/*'], staging)]),
    role('cleared-user', [allow('models', ['model:invoke'], ['model:*/*'], cleared)]),
  ]);
  await identity.grant('acme', { name: 'desk', subject: `user:${desk.id}`, role: 'people' });
  await identity.grant('acme', { name: 'stagers', subject: 'team:stagers', role: 'staging-user' });
  await identity.grant('acme', { name: 'admins', subject: 'team:admins', role: 'admin' });
  await identity.grant('acme', { name: 'cleared', subject: `user:${people.con.id}`, role: 'cleared-user' });
  await identity.grant('acme', { name: 'etl', subject: 'virtual-account:etl', role: 'admin' });
});
afterAll(() => identity.close());

describe('nobody puts into a team that holds more than they do', () => {
  it('themselves, somebody else, or a virtual account; and is told what is missing', async () => {
    const id = await team('admins');
    await ada('POST /v1/virtual-accounts', { name: 'climber' });
    for (const member of [`user:${desk.id}`, 'user:con@acme.example', 'virtual-account:climber']) {
      const answer = await asDesk(`POST /v1/teams/${id}/members`, { member });
      expect(answer).toMatchObject(refused);
      expect(answer.body.errors[0]).toMatchObject({ statement: expect.stringMatching(/^admin\//) });
    }
    expect((await ada(`GET /v1/teams/${id}/members`)).body.data).toEqual([]);
    expect((await asDesk('POST /v1/users', { email: 'mole@acme.example' })).status).toBe(201);
    expect((await ada(`POST /v1/teams/${id}/members`, { member: 'user:mole@acme.example' })).status).toBe(201);
  });

  it('but into one whose rights they hold, whatever the member has besides', async () => {
    const id = await team('stagers');
    for (const member of ['user:con@acme.example', 'user:ada@acme.example']) {
      expect((await asDesk(`POST /v1/teams/${id}/members`, { member })).status).toBe(201);
    }
  });

  it('nor with a key that is narrowed below the team’s rights', async () => {
    const id = await team('stagers-too');
    await identity.grant('acme', { name: 'stagers-too', subject: 'team:stagers-too', role: 'staging-user' });
    const statements = [{ actions: ['team:edit'], resources: ['team:**'] }];
    const sent = { name: 'narrow', owner: `user:${desk.id}`, restrictions: { statements } };
    const narrow = (await asDesk('POST /v1/api-keys', sent)).body.value as string;
    const add = (key: string) =>
      identity.ask(key, `POST /v1/teams/${id}/members`, { member: 'virtual-account:climber' });
    expect(await add(narrow)).toMatchObject(refused);
    expect((await add(desk.key)).status).toBe(201);
  });
});

describe('nobody sets a label that gives more than they hold', () => {
  it('to anybody, when they are registered or afterwards', async () => {
    const labels = { clearance: 'high' };
    expect(await asDesk(`PATCH /v1/users/${people.con.id}`, { labels })).toMatchObject(refused);
    expect((await asDesk(`PATCH /v1/users/${people.con.id}`, { labels: { desk: '4b' } })).status).toBe(200);
    expect((await ada(`PATCH /v1/users/${people.con.id}`, { labels })).status).toBe(200);
    await identity.grant('acme', { name: 'all-cleared', subject: 'everyone', role: 'cleared-user' });
    expect(await asDesk('POST /v1/users', { email: 'spy@acme.example', labels })).toMatchObject(refused);
    expect((await asDesk('POST /v1/users', { email: 'spy@acme.example', labels: { desk: '5' } })).status).toBe(201);
  });
});

describe('nobody comes to own what holds more than they do', () => {
  it('by moving a virtual account to a team', async () => {
    await team('grabbers');
    const { id } = (await ada('POST /v1/virtual-accounts', { name: 'etl' })).body;
    expect(await asDesk(`PATCH /v1/virtual-accounts/${id}`, { team: 'grabbers' })).toMatchObject(refused);
    const key = await asDesk('POST /v1/api-keys', { name: 'mine', owner: 'virtual-account:etl' });
    expect(key).toMatchObject(refused);
    const harmless = (await ada('POST /v1/virtual-accounts', { name: 'harmless' })).body.id;
    expect((await asDesk(`PATCH /v1/virtual-accounts/${harmless}`, { team: 'grabbers' })).status).toBe(200);
    expect((await ada(`PATCH /v1/virtual-accounts/${id}`, { team: 'grabbers' })).status).toBe(200);
  });
});

describe('a manager of a team', () => {
  it('adds and removes its members without further rights, and nothing else', async () => {
    const [own, other] = [await team('crew'), await team('others')];
    const mia = await identity.person('acme', 'mia@acme.example');
    const asMia = (route: string, body?: unknown) => identity.ask(mia.key, route, body);
    const member = { member: 'user:con@acme.example' };
    expect((await asMia(`POST /v1/teams/${own}/members`, member)).status).toBe(403);
    expect((await ada(`POST /v1/teams/${own}/managers`, { manager: `user:${mia.id}` })).status).toBe(201);
    expect((await ada(`GET /v1/teams/${own}`)).body.managers).toEqual([mia.id]);
    expect((await asMia(`POST /v1/teams/${own}/members`, member)).status).toBe(201);
    expect((await asMia(`DELETE /v1/teams/${own}/members/${people.con.id}`)).status).toBe(200);
    const denied = [
      await asMia(`POST /v1/teams/${other}/members`, member),
      await asMia(`POST /v1/teams/${own}/managers`, { manager: 'user:con@acme.example' }),
      await asMia(`DELETE /v1/teams/${own}/managers/${mia.id}`),
      await asMia(`DELETE /v1/teams/${own}`),
    ];
    expect(denied.map(({ status, body }) => [status, body.code])).toEqual(
      denied.map(() => [403, 'action_not_allowed']),
    );
    await identity.grant('acme', { name: 'crew', subject: 'team:crew', role: 'viewer' });
    expect(await asMia(`POST /v1/teams/${own}/members`, { member: `user:${mia.id}` })).toMatchObject(refused);
    expect((await ada(`DELETE /v1/teams/${own}/managers/${mia.id}`)).status).toBe(200);
    expect((await asMia(`DELETE /v1/teams/${own}/members/${people.con.id}`)).status).toBe(403);
  });

  it('is none any more once they are deactivated', async () => {
    const id = await team('left');
    const leo = await identity.person('acme', 'leo@acme.example');
    await ada(`POST /v1/teams/${id}/managers`, { manager: `user:${leo.id}` });
    await ada(`POST /v1/users/${leo.id}/deactivate`);
    expect((await ada(`GET /v1/teams/${id}`)).body.managers).toEqual([]);
  });
});
