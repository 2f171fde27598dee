import { MemoryBus } from '#libs/bus';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engine, SpecSource, startAudit, ready } from '../audit.fixture.js';
import { firstBreak, type StoredRow } from '#libs/chain';
import { People, type Person } from '../people.fixture.js';
import { EventTwin } from './events.fixture.js';

type Change = Record<string, unknown> & { before: object | null; after: object | null; reason: object | null };
type List = { data: Change[]; has_more: boolean; next_cursor?: string };

const source = new SpecSource();
const stored = engine(source);
const bus = new MemoryBus();
const people = new People(bus, source.suffix);
const [identityTopic, policyTopic] = source.events as [(typeof source.events)[0], (typeof source.events)[0]];
const identity = new EventTwin(identityTopic, 'identity');
const policy = new EventTwin(policyTopic, 'policy');
const reason = { subjectId: 'acme', box: 'c2VhbGVk' };
const key = (past: string, data: object, actor = 'user_ada') =>
  identity.event({
    type: `identity.api-key.${past}`,
    stream: 'identity.api-key-k1',
    actor,
    data: { keyId: 'k1', ...data },
  });
const role = (tier: string) => ({
  apiVersion: 'gatehouse/v1',
  kind: 'Role',
  metadata: { name: 'eco' },
  spec: { tier },
});
const document = (value: object | null) => ({
  kind: 'Role' as const,
  name: 'eco',
  document: value as Record<string, unknown> | null,
  digest: value && 'd',
  freeText: value && reason,
});
const set = { documentCount: 1, setDigest: 'sd' };

const issued = key('issued', { ownerId: 'user_dev', mac: 'SECRETMAC', pepperVersion: 1, labels: {} });
const suspended = key('suspended', { leaked: true, reason });
const foreign = identity.event({
  type: 'identity.team.created',
  stream: 'identity.team-globex-team',
  tenant: 'globex',
  actor: 'user_gil',
  data: { teamId: 'globex-team', name: 'secretteam' },
});
const byDev = key('rotated', { redacted: 'gh_…', mac: 'NEXTMAC' }, 'user_dev');
const revisions = [
  policy.revision(1, [document(role('a')), { ...document(role('a')), name: 'other' }], set),
  policy.revision(2, [document(role('b'))], set),
  policy.revision(3, [document(null)], set),
];

let audit: Awaited<ReturnType<typeof startAudit>>;
const get = async (person: Person | undefined, query = '') => {
  const answer = await audit.app.inject({ url: `/v1/changes${query}`, headers: person ? people.bearer(person) : {} });
  return { status: answer.statusCode, body: answer.json<List>() };
};
const rows = (where = '1') =>
  stored.rows<StoredRow>(`SELECT * FROM db.changes WHERE ${where} ORDER BY kafka_topic, kafka_offset, kafka_index`);
const count = async () => (await rows()).length;

beforeAll(async () => {
  await bus.ensureTopics([...source.topics, ...source.events, source.deadLetters]);
  await people.open();
  await bus.publish([issued, suspended, foreign, ...revisions.slice(0, 2)]);
  audit = await startAudit(source, bus, people);
  await ready(audit);
  await waitFor(async () => (await count()) === 6);
});
afterAll(async () => {
  people.close();
  await audit.app.close();
  await bus.close();
  await stored.close();
});

describe('domain events', () => {
  it('are stored once, whatever a publisher that died sends again and across a restart of audit', async () => {
    await bus.publish([issued, suspended, foreign, byDev, revisions[0], ...revisions].filter((record) => !!record));
    await waitFor(async () => (await count()) === 8);
    await audit.app.close();
    await bus.publish([byDev, ...revisions]);
    audit = await startAudit(source, bus, people);
    await ready(audit);
    const end = await bus.endOffsets([policyTopic.name]);
    await waitFor(async () => {
      const [committed] = await bus.committedOffsets(source.changesGroup, [policyTopic.name]);
      return committed?.offset === end.partitions[0]?.end;
    });
    const ids = (await rows()).map((row) => String(row['change_id']));
    expect(ids.toSorted()).toEqual([
      'identity-1-1-0',
      'identity-1-2-0',
      'identity-1-3-0',
      'identity-1-4-0',
      'policy-1-1-0',
      'policy-1-1-1',
      'policy-1-2-0',
      'policy-1-3-0',
    ]);
  });

  it('say what a thing was and what it is, also where audit was restarted in between', async () => {
    const { body } = await get('ada', '?resource_type=api-key&resource=k1');
    const [rotated, stopped, made] = body.data as [Change, Change, Change];
    expect(made).toMatchObject({ before: null, after: { ownerId: 'user_dev', status: 'active' }, actor: 'user_ada' });
    expect(stopped).toMatchObject({ before: made.after, after: { status: 'suspended', leaked: true }, reason });
    expect(rotated).toMatchObject({ before: stopped.after, after: { status: 'suspended', redacted: 'gh_…' } });
    const documents = await get('ada', '?resource=eco');
    expect(documents.body.data.map(({ before, after }) => [before, after])).toEqual([
      [role('b'), null],
      [role('a'), role('b')],
      [null, role('a')],
    ]);
    expect(documents.body.data[1]).toMatchObject({ policy_revision: 2, free_text: reason, request_id: 'req-2' });
  });

  it('are in a chain of each tenant and topic, and hold no MAC of a secret', async () => {
    const own = await rows(`tenant_id = 'acme' AND kafka_topic = '${identityTopic.name}'`);
    expect([own.length, firstBreak(own)]).toEqual([3, undefined]);
    expect(firstBreak(await rows(`kafka_topic = '${policyTopic.name}'`))).toBeUndefined();
    expect(JSON.stringify(await rows())).not.toMatch(/SECRETMAC|NEXTMAC/);
  });

  it('go to the dead letters when they are none, and stop nothing', async () => {
    const before = await count();
    await bus.publish([{ topic: identityTopic.name, key: 'k', value: '{}' }, key('resumed', {})]);
    await waitFor(async () => (await count()) === before + 1);
    const { partitions } = await bus.endOffsets([source.deadLetters.name]);
    expect(partitions[0]?.end).toBe(1n);
  });
});

describe('GET /v1/changes', () => {
  it('gives an administrator the tenant, a developer what they did, the operator all, page by page', async () => {
    const seen: unknown[] = [];
    let after = '';
    for (let pages = 0; pages < 10; pages += 1) {
      const { body } = await get('ada', `?limit=3${after}`);
      seen.push(...body.data.map((change) => change['change_id']));
      if (!body.has_more) break;
      after = `&after=${body.next_cursor}`;
    }
    expect(seen.length).toBe((await rows(`tenant_id = 'acme'`)).length);
    expect(new Set(seen).size).toBe(seen.length);
    expect((await get('dev')).body.data.map((change) => change['type'])).toEqual(['identity.api-key.rotated']);
    expect((await get('operator', '?tenant=globex')).body.data).toHaveLength(1);
    expect((await get('operator', '?limit=200')).body.data).toHaveLength(await count());
  });

  it.each([
    ['policy_revision=1', 2],
    ['actor=user_dev', 1],
    ['service=policy', 4],
    ['type=identity.api-key.suspended', 1],
    ['request_id=req-1', 3],
    ['decision_id=decision-2&service=identity', 1],
    ['to=2020-01-01T00:00:00Z', 0],
    ['from=2020-01-01T00:00:00Z&service=policy', 4],
  ])('filters by %s', async (query, expected) => {
    expect((await get('ada', `?${query}`)).body.data).toHaveLength(expected);
  });

  it('is 400, 401, 403 and 404 where it has to be, and shows nothing of another tenant', async () => {
    const asked: [Person | undefined, string][] = [
      ['ada', '?colour=red'],
      ['ada', '?after=nonsense'],
      ['ada', '?policy_revision=0'],
      [undefined, ''],
      ['con', ''],
      ['ada', '?tenant=globex'],
    ];
    const answers = await Promise.all(asked.map(([person, query]) => get(person, query)));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 401, 403, 404]);
    expect(JSON.stringify((await get('ada', '?limit=200')).body)).not.toMatch(/globex|secretteam|user_gil/);
  });
});
