import { topics } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';
import { Erasure } from './erasure.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
let quinn: { id: string; key: string };
const ada = (route: string, body?: unknown, headers?: Record<string, string>) =>
  identity.ask(people.ada.key, route, body, headers);
const personal = ['quinn@acme.example', 'Quinn Person', 'quinns laptop'];

async function registered(email: string, name = 'Quinn Person') {
  const sent = { email, display_name: name };
  const { id } = (await ada('POST /v1/users', sent, { 'idempotency-key': `make-${email}` })).body;
  const key = (await ada('POST /v1/api-keys', { name: 'quinns laptop', owner: `user:${id}` })).body.value as string;
  return { id: id as string, key };
}

/** Every row of every table of identity, as text. */
async function everyTable(): Promise<string> {
  const tables = await identity.rows<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'identity'`,
  );
  const texts = tables.map(async ({ name }) => JSON.stringify(await identity.rows(`select * from "${name}"`)));
  return (await Promise.all(texts)).join('\n');
}

/** What is left of a compacted topic: the last record of each key. */
function compacted(topic: string): string {
  const records = identity.bus.log.read(topic, 0, 0n, 100_000);
  return [...new Map(records.map(({ key, value }) => [String(key), String(value)]))].join('\n');
}

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
  quinn = await registered('quinn@acme.example');
});
afterAll(() => identity.close());

describe('POST /v1/users/{id}/erase', () => {
  it('is 403 without the right, 404 for another tenant’s and for nobody', async () => {
    const route = `POST /v1/users/${quinn.id}/erase`;
    expect((await identity.ask(people.con.key, route)).status).toBe(403);
    expect((await identity.ask(people.gil.key, route)).status).toBe(404);
    expect((await ada('POST /v1/users/user_nobody/erase')).status).toBe(404);
    expect((await everyTable()).includes('quinn@acme.example')).toBe(true);
  });

  it('ends every credential and leaves nothing of the person in any table or topic; repeating it changes nothing', async () => {
    expect((await identity.ask(quinn.key, 'GET /v1/users')).status).toBe(403);
    const invited = { email: 'quinn@acme.example', display_name: 'Quinn Person' };
    const { id, token } = (await ada('POST /v1/invitations', invited, { 'idempotency-key': 'invite' })).body;
    const { status, body } = await ada(`POST /v1/users/${quinn.id}/erase`);
    expect([status, body.email, body.display_name, body.status]).toEqual([200, null, null, 'deactivated']);
    expect((await identity.ask(quinn.key, 'GET /v1/users')).status).toBe(401);
    const published = () => identity.topicText(topics.identityEvents.name).includes('identity.user.erased');
    await waitFor(() => published());
    // Others keep things under keys of their own, and are told by the record.
    await waitFor(() =>
      /"id":"[^"]*","kind":"user"[^}]*}[^}]*"erased":true/.test(compacted(topics.identityState.name)),
    );
    const left = [
      await everyTable(),
      identity.topicText(topics.identityEvents.name),
      compacted(topics.identityState.name),
      JSON.stringify(identity.records),
    ].join('\n');
    expect(personal.filter((secret) => left.toLowerCase().includes(secret.toLowerCase()))).toEqual([]);
    const accept = { token, password: 'correct horse battery' };
    expect((await identity.ask(undefined, 'POST /v1/invitations/accept', accept)).status).toBe(404);
    expect((await ada(`GET /v1/invitations/${id}`)).body).toMatchObject({ status: 'withdrawn', email: null });
    // Whose keys they were stays known, by an id that says nothing.
    expect(left.includes(quinn.id)).toBe(true);
    const events = await identity.store.events.position();
    expect((await ada(`POST /v1/users/${quinn.id}/erase`)).status).toBe(200);
    expect(await identity.store.events.position()).toBe(events);
    expect((await ada('POST /v1/users', { email: 'quinn@acme.example' })).status).toBe(201);
  });

  it('erases somebody who was deactivated before', async () => {
    const { id } = await registered('former@acme.example', 'Former Person');
    await ada(`POST /v1/users/${id}/deactivate`);
    expect((await ada(`POST /v1/users/${id}/erase`)).status).toBe(200);
    expect((await everyTable()).includes('Former Person')).toBe(false);
    expect((await ada(`GET /v1/users/${id}`)).body).toMatchObject({ email: null, display_name: null });
  });

  it('is completed at the next start where a process died after the event', async () => {
    const { id } = await registered('torn@acme.example', 'Torn Person');
    await ada(`POST /v1/users/${id}/erase`);
    await identity.store.subjectKeys.seal(id, 'as if the key had never gone');
    const key = () => identity.rows(`select 1 from subject_keys where subject_id = '${id}'`);
    expect(await key()).toHaveLength(1);
    await identity.app.get(Erasure, { strict: false }).onApplicationBootstrap();
    expect(await key()).toEqual([]);
  });
});
