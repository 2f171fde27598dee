import { MemoryBus } from '#libs/bus';
import {
  ContentKeyCreated,
  contentsKey,
  principalKey,
  tenantKey,
  topics,
  type Sealed,
  type TopicSpec,
} from '#libs/contracts';
import { EventStore, EventStoreModule, SubjectKeys } from '#libs/event-store';
import { freshDatabase, waitFor } from '#libs/testing';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engine, ready, SpecSource, startAudit } from '../audit.fixture.js';
import { People, type Person } from '../people.fixture.js';
import { storeOptions } from '../store-options.js';
import { ContentKeys } from './content-keys.js';
import { GatewayTwin, piece } from './contents.fixture.js';
import { ContentsSweep } from './contents-sweep.js';
import { currentKey } from './key-ring.projection.js';

/** The store names its topics by itself. */
class ContentsSource extends SpecSource {
  override readonly events: readonly TopicSpec[] = [topics.auditEvents];
}
type Shown = { request: { text: string | null; base64: string | null }; answer: { text: string } | null };
type Listed = { data: { id: string; status: string }[] };

const source = new ContentsSource();
const stored = engine(source);
const bus = new MemoryBus();
const people = new People(bus, source.suffix, { storePrompts: true, retentionDays: 30 });
const seal = Buffer.alloc(32, 5).toString('base64');
const gateway = new GatewayTwin(bus, source, people.busKey);
const { heard } = gateway;
const call: GatewayTwin['call'] = (...of) => gateway.call(...of);
const publish: GatewayTwin['publish'] = (...records) => gateway.publish(...records);
let audit: Awaited<ReturnType<typeof startAudit>>;
let databaseUrl: string;

async function start(): Promise<void> {
  const keys = {
    DATABASE_URL: databaseUrl,
    GATEHOUSE_SEAL_KEY: seal,
    GATEHOUSE_BUS_KEY: people.busKey.toString('base64'),
  };
  audit = await startAudit(source, bus, people, { store: EventStoreModule.forRoot(storeOptions(keys)) });
  await ready(audit);
}
async function ask<Body = Shown>(person: Person | undefined, request: string) {
  const [method, url] = request.split(' ') as ['GET' | 'POST' | 'DELETE', string];
  const answer = await audit.app.inject({ method, url, headers: person ? people.bearer(person) : {} });
  const json: unknown = answer.body === '' ? undefined : answer.json();
  return { status: answer.statusCode, body: json as Body & { code?: string } };
}
const read = (person: Person | undefined, id: string) => ask(person, `GET /v1/decisions/${id}/contents`);
const listed = async (person: Person = 'ada') => (await ask<Listed>(person, 'GET /v1/content-keys')).body.data;
const count = async (where: string) =>
  Number((await stored.rows<{ n: number }>(`SELECT count() AS n FROM db.contents FINAL WHERE ${where}`))[0]?.n);
beforeAll(async () => {
  databaseUrl = await freshDatabase('audit');
  await bus.ensureTopics([...source.topics, ...source.events, source.deadLetters, topics.auditContentKeys]);
  await people.open();
  await start();
  await gateway.follow();
  await waitFor(() => Promise.resolve(heard.has('acme')), { timeoutMs: 30_000, what: 'a key of acme' });
});
afterAll(async () => {
  people.close();
  await audit.app.close();
  await bus.close();
  await stored.close();
});

describe('contents that a tenant has kept', () => {
  it('have a key as soon as it wants them, and no tenant has one that does not', async () => {
    expect([...heard.keys()]).toEqual(['acme']);
    expect(await listed()).toMatchObject([{ id: heard.get('acme')?.keyId, status: 'current' }]);
    expect(await listed('gil')).toEqual([]);
    expect(await audit.app.get(ContentsSweep).makeKeys()).toEqual([]);
  });

  it('are read by its administrator as they were, and each read is on record with what was read', async () => {
    const kept = await call({ request: piece('{"prompt":"ä"}'), answer: piece('event', { isTruncated: true }) });
    const bare = await call({ request: piece(Buffer.from([0xff, 0xfe])), answer: null });
    await publish(kept, bare, kept);
    const { status, body } = await read('ada', kept.decisionId);
    expect([status, body]).toMatchObject([
      200,
      { decision_id: kept.decisionId, request: { text: '{"prompt":"ä"}', base64: null }, answer: { text: 'event' } },
    ]);
    expect((await read('ada', bare.decisionId)).body).toMatchObject({
      request: { text: null, base64: '//4=' },
      answer: null,
    });
    expect(await count(`decision_id = '${kept.decisionId}'`)).toBe(1);
    expect(audit.records.at(-2)).toMatchObject({
      outcome: 'allow',
      action: 'audit:contents',
      resource: `contents/${kept.decisionId}`,
    });
  });

  it('are not there for another tenant, an operator and for who made no such call; others may not ask', async () => {
    const { decisionId } = await call({ request: piece('x'), answer: null }).then(
      async (each) => (await publish(each), each),
    );
    for (const [person, id, expected] of [
      [undefined, decisionId, 401],
      ['gil', decisionId, 404],
      ['operator', decisionId, 404],
      ['ada', v7(), 404],
      ['ada', 'no-id', 404],
      ['dev', decisionId, 403],
      ['dev', v7(), 403],
    ] as const) {
      expect((await read(person, id)).status, `${person} ${id}`).toBe(expected);
    }
    expect(audit.records.at(-1)).toMatchObject({ outcome: 'deny', action: 'audit:contents', principal_id: 'user_dev' });
  });

  it('are in no table, no topic and no event in plain, and the private key is nowhere', async () => {
    const marked = await call({ request: piece('a-planted-marker'), answer: piece('a-planted-marker') });
    await publish(marked);
    const rows =
      JSON.stringify(await stored.rows('SELECT * FROM db.contents')) +
      JSON.stringify(await stored.rows('SELECT * FROM db.changes'));
    expect(rows).toContain(marked.decisionId);
    const events = await audit.app.get(EventStore).read({ afterPosition: 0, types: [ContentKeyCreated.type] });
    const all = rows + JSON.stringify(events) + JSON.stringify(audit.records);
    expect(all).not.toContain('a-planted-marker');
    const [{ privateKey }] = events.map(
      ({ event }) => (event as ReturnType<typeof ContentKeyCreated.of>).data,
    ) as unknown as [{ privateKey: Sealed }];
    const plain = String(await audit.app.get(SubjectKeys).open(privateKey));
    expect(plain).toMatch(/^[\w-]{43}$/u);
    expect(all).not.toContain(plain);
  });

  it('that were moved to another call, or forged without the bus key, are not shown', async () => {
    const mine = await call({ request: piece('mine'), answer: null });
    const moved = { ...mine, decisionId: v7() };
    await publish(mine, moved);
    expect((await read('ada', moved.decisionId)).body).toMatchObject({ code: 'contents/unreadable' });
    const forged = { ...mine, decisionId: v7() };
    await bus.publish([{ topic: source.contents.name, key: contentsKey(forged), value: JSON.stringify(forged) }]);
    await publish(await call({ request: piece('next'), answer: null }));
    expect((await read('ada', forged.decisionId)).status).toBe(404);
  });

  it('go on to be read by a former key after a new one, and under the new one from then on', async () => {
    const before = await call({ request: piece('before'), answer: null });
    const made = await ask<{ id: string }>('ada', 'POST /v1/content-keys');
    expect(made.status).toBe(201);
    await waitFor(() => Promise.resolve(heard.get('acme')?.keyId === made.body.id), { timeoutMs: 30_000 });
    const after = await call({ request: piece('after'), answer: null });
    await publish(before, after);
    expect((await read('ada', before.decisionId)).body.request.text).toBe('before');
    expect((await read('ada', after.decisionId)).body.request.text).toBe('after');
    expect((await listed()).map(({ status }) => status)).toEqual(['current', 'former']);
    // The former is still needed, and too young.
    await audit.app.get(ContentsSweep).sweep();
    expect(await listed()).toHaveLength(2);
  });

  it('are gone with their key, for good, and a restart brings neither back; another key takes its place', async () => {
    const lost = await call({ request: piece('lost'), answer: null });
    await publish(lost);
    const { keyId } = lost;
    expect((await ask('gil', `DELETE /v1/content-keys/${keyId}`)).status).toBe(404);
    expect((await ask('operator', `DELETE /v1/content-keys/${keyId}`)).status).toBe(404);
    expect((await ask('dev', `DELETE /v1/content-keys/${keyId}`)).status).toBe(403);
    expect((await ask('dev', 'POST /v1/content-keys')).status).toBe(403);
    expect((await ask('dev', 'GET /v1/content-keys')).status).toBe(403);
    expect((await ask('operator', 'POST /v1/content-keys')).status).toBe(404);
    expect((await ask('ada', 'GET /v1/content-keys?tenant=acme')).status).toBe(400);
    expect((await ask('ada', `DELETE /v1/content-keys/${keyId}`)).status).toBe(204);
    expect((await ask('ada', `DELETE /v1/content-keys/${keyId}`)).status).toBe(404);
    await audit.app.close();
    await start();
    expect(await read('ada', lost.decisionId)).toMatchObject({ status: 410, body: { code: 'contents/key-gone' } });
    const isNew = () => Promise.resolve(heard.has('acme') && heard.get('acme')?.keyId !== keyId);
    await waitFor(isNew, { timeoutMs: 30_000, what: 'another key' });
    expect(currentKey(await audit.app.get(ContentKeys).ring(), 'acme')?.keyId).toBe(heard.get('acme')?.keyId);
  });

  it('that are older than the tenant keeps its decisions expire', async () => {
    const days = (n: number) => new Date(Date.now() - n * 86_400_000).toISOString();
    const [old, young] = [
      await call({ request: piece('old'), answer: null }, { at: days(40) }),
      await call({ request: piece('young'), answer: null }, { at: days(20) }),
    ];
    await publish(old, young);
    await audit.app.get(ContentsSweep).sweep();
    expect((await read('ada', old.decisionId)).status).toBe(404);
    expect((await read('ada', young.decisionId)).status).toBe(200);
  });

  it('of a tenant under legal hold stay, whoever was erased or however old they are, and so do their keys', async () => {
    const old = new Date(Date.now() - 40 * 86_400_000).toISOString();
    await publish(await call({ request: piece('held'), answer: null }, { at: old, principalId: 'user_held' }));
    const hold = (method: 'PUT' | 'DELETE') =>
      audit.app.inject({
        method,
        url: '/v1/legal-holds/acme',
        headers: { ...people.bearer('operator'), 'if-match': '*' },
        ...(method === 'PUT' && { payload: { reason: 'a lawsuit' } }),
      });
    expect((await hold('PUT')).statusCode).toBe(200);
    const keyId = heard.get('acme')?.keyId ?? '';
    const refused = await ask('ada', `DELETE /v1/content-keys/${keyId}`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'content-key/held' } });
    await audit.app.get(ContentsSweep).sweep();
    expect(await count("principal_id = 'user_held'")).toBe(1);
    expect((await hold('DELETE')).statusCode).toBe(200);
    await audit.app.get(ContentsSweep).sweep();
    expect(await count("principal_id = 'user_held'")).toBe(0);
  });

  it('of a person who was erased go, those that were still on their way among them', async () => {
    const by = { principalId: 'user_gone' };
    await publish(await call({ request: piece('hers'), answer: null }, by));
    expect(await count("principal_id = 'user_gone'")).toBe(1);
    const others = await count("principal_id != 'user_gone'");
    const person = {
      kind: 'user',
      tenantId: 'acme',
      status: 'deleted',
      epoch: 2,
      name: null,
      email: null,
      erased: true,
    };
    const rest = { teams: [], groups: [], labels: {}, ownerTeam: null, operator: false };
    await people.say({ [principalKey('user_gone')]: { id: 'user_gone', ...person, ...rest } });
    const isGone = async () => (
      await audit.app.get(ContentsSweep).sweep(),
      (await count("principal_id = 'user_gone'")) === 0
    );
    await waitFor(isGone, { timeoutMs: 30_000, what: 'her contents to be gone' });
    await publish(await call({ request: piece('late'), answer: null }, by));
    expect([await count("principal_id = 'user_gone'"), await count("principal_id != 'user_gone'")]).toEqual([
      0,
      others,
    ]);
  });

  it('of a tenant that was deleted go with its keys', async () => {
    expect(await count("tenant_id = 'acme'")).toBeGreaterThan(0);
    await people.say({ [tenantKey('acme')]: { id: 'acme', status: 'deleted' } });
    const sweep = audit.app.get(ContentsSweep);
    const ring = async () => (await sweep.sweep(), (await audit.app.get(ContentKeys).ring()).keys.size);
    await waitFor(async () => (await ring()) === 0, { timeoutMs: 30_000, what: 'the keys to be gone' });
    await waitFor(() => Promise.resolve(!heard.has('acme')), { timeoutMs: 30_000, what: 'gateways to have none' });
    expect(await count("tenant_id = 'acme'")).toBe(0);
    expect(await sweep.makeKeys()).toEqual([]);
  });
});
