import { topics } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from './identity.fixture.js';
import { listNames } from './tables.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
const ada = (route: string, body?: unknown) => identity.ask(people.ada.key, route, body);
const personal = ['ada@acme.example', 'quinn@acme.example', 'Quinn Person', 'quinns laptop', 'private reason'];
const values: string[] = [];
/** Of a key's text, a client's secret and an invitation's token alike. */
const SECRET_DIGITS = 43;

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
  const reason = 'private reason';
  const { id } = (await ada('POST /v1/users', { email: 'Quinn@acme.example', display_name: 'Quinn Person' })).body;
  for (const email of ['quinn@acme.example', 'another@acme.example']) {
    values.push((await ada('POST /v1/invitations', { email, display_name: 'Quinn Person' })).body.token);
  }
  const [invitation] = (await ada('GET /v1/invitations')).body.data;
  await ada(`DELETE /v1/invitations/${invitation.id}`);
  const account = (await ada('POST /v1/virtual-accounts', { name: 'etl' })).body.id;
  const team = (await ada('POST /v1/teams', { name: 'crew' })).body.id;
  await ada(`POST /v1/teams/${team}/members`, { member: `user:${id}` });
  await ada(`PATCH /v1/users/${id}`, { labels: { a: 'b' } });
  await ada(`PATCH /v1/virtual-accounts/${account}`, { team: 'crew' });
  for (const owner of [`user:${id}`, 'virtual-account:etl']) {
    const key = (await ada('POST /v1/api-keys', { name: 'quinns laptop', owner })).body;
    const rotated = await ada(`POST /v1/api-keys/${key.id}/rotate`, { overlap_seconds: 60 });
    values.push(key.value, rotated.body.value);
    for (const step of ['suspend', 'resume', 'revoke']) await ada(`POST /v1/api-keys/${key.id}/${step}`, { reason });
  }
  const acts = { grant_types: ['client_credentials'], scopes: ['model:invoke'], virtual_account: 'etl' };
  const client = (await ada('POST /v1/oauth-clients', { name: 'quinns laptop', ...acts })).body;
  const rotated = await ada(`POST /v1/oauth-clients/${client.id}/rotate-secret`, { overlap_seconds: 60 });
  values.push(client.client_secret, rotated.body.client_secret);
  for (const step of ['disable', 'enable']) await ada(`POST /v1/oauth-clients/${client.id}/${step}`, { reason });
  const issuer = await ada('POST /v1/issuers', {
    name: 'idp',
    issuer: 'https://idp.example',
    audiences: ['gatehouse'],
    mappings: [{ match: { email: 'quinn@acme.example' }, as: { virtual_account: 'etl' } }],
  });
  for (const step of ['disable', 'enable']) await ada(`POST /v1/issuers/${issuer.body.id}/${step}`, { reason });
  await ada(`POST /v1/virtual-accounts/${account}/suspend`, { reason });
  await ada(`POST /v1/virtual-accounts/${account}/resume`, { reason });
  await ada(`POST /v1/users/${id}/revoke-tokens`, { reason });
  await ada(`POST /v1/users/${id}/suspend`, { reason });
  await ada(`POST /v1/users/${id}/resume`, { reason });
  await ada(`POST /v1/users/${id}/deactivate`, { reason });
  const admin = { email: 'quinn@acme.example', display_name: 'Quinn Person', keys: [{ name: 'quinns laptop' }] };
  const begun = { name: 'begun', admin, wait_seconds: 0 };
  values.push((await identity.ask(identity.operator, 'POST /v1/tenants', begun)).body.keys[0].value);
  for (const step of ['suspend', 'resume']) {
    await identity.ask(identity.operator, `POST /v1/tenants/acme/${step}`, { reason });
  }
});
afterAll(() => identity.close());

describe('what is kept for ever', () => {
  it('holds no address, no name of a person or key, no reason and no secret in clear: not in the table of events', async () => {
    const rows = await identity.rows('select * from events');
    expect(rows.length).toBeGreaterThan(20);
    const text = JSON.stringify(rows);
    for (const secret of [...personal, ...values]) expect(text.toLowerCase()).not.toContain(secret.toLowerCase());
  });

  it('and not on the topic of events', async () => {
    const last = `"position":${await identity.store.events.position()}`;
    await waitFor(() => identity.topicText(topics.identityEvents.name).includes('identity.tenant.resumed') && last);
    const text = identity.topicText(topics.identityEvents.name).toLowerCase();
    for (const secret of [...personal, ...values]) expect(text).not.toContain(secret.toLowerCase());
  });

  it('nor does any key’s text stand in any table or on any topic', async () => {
    const tables = ['events', 'outbox', 'idempotency_keys', ...listNames];
    const stored = await Promise.all(
      tables.map(async (name) => JSON.stringify(await identity.rows(`select * from ${name}`))),
    );
    const text = [...stored, identity.topicText(topics.identityState.name), JSON.stringify(identity.records)].join();
    for (const value of [...values, people.ada.key]) {
      expect(text).not.toContain(value);
      expect(text).not.toContain(value.split('_').find((part) => part.length === SECRET_DIGITS));
    }
  });
});

describe('a list', () => {
  const content = async (name: string) => JSON.stringify(await identity.rows(`select * from ${name} order by id`));

  it.each(listNames)('%s is the same when it is built again from the first event', async (name) => {
    const live = await content(name);
    expect(live).not.toBe('[]');
    await identity.store.projections.rebuild(name);
    expect(await content(name)).toBe(live);
  });

  it.each(listNames)('%s is the same when every event comes twice', async (name) => {
    const live = await content(name);
    await identity.store.em.fork().execute('update projections set position = 0 where name = ?', [name]);
    await identity.store.projections.catchUp();
    expect(await content(name)).toBe(live);
  });
});
