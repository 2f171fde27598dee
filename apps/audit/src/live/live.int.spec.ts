import { MemoryBus, deriveMacKey, sealRecord } from '#libs/bus';
import { decisionPartition, principalKey, usageKey, type AccessDecided } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { engine, ready, SpecSource, startAudit } from '../audit.fixture.js';
import { WholeRecord } from '../ingest/whole-record.js';
import { People, type Person } from '../people.fixture.js';
import { publish, SpoolTwin } from '../records.fixture.js';
import { EventReader } from './event-reader.fixture.js';
import { LiveStreams, STREAMS_PER_TENANT_MAX } from './live-streams.js';

const WAIT = { timeoutMs: 30_000 };
const source = new SpecSource();
const stored = engine(source);
const bus = new MemoryBus();
const people = new People(bus, source.suffix);
const spool = new SpoolTwin(source.gateway);
const denied = { outcome: 'deny', code: 'model_not_allowed', reason: 'no_matching_rule', http_status: 403 } as const;

let audit: Awaited<ReturnType<typeof startAudit>>;
let url = '';
const readers: EventReader[] = [];

const follow = async (person: Person | undefined, path: string, headers: Record<string, string> = {}) => {
  const reader = await EventReader.open(url + path, { ...(person && people.bearer(person)), ...headers });
  readers.push(reader);
  return reader;
};
const idsOf = (records: readonly AccessDecided[]) => records.map(({ decision_id }) => decision_id);
const toldTo = (reader: EventReader) => reader.named('decision').map(({ data }) => data['decision_id']);
/** All of these, in their order, and nothing else. */
const tells = async (reader: EventReader, records: readonly AccessDecided[]) => {
  await waitFor(() => toldTo(reader).length >= records.length, { ...WAIT, what: 'all decisions' });
  expect(toldTo(reader)).toEqual(idsOf(records));
};

beforeAll(async () => {
  await bus.ensureTopics([...source.topics, source.deadLetters]);
  await people.open();
  audit = await startAudit(source, bus, people);
  await ready(audit);
  await audit.app.listen(0, '127.0.0.1');
  url = await audit.app.getUrl();
  // What was stored before anybody listens is told to nobody.
  await publish(bus, source.gateway, [spool.decided(), spool.decided({ tenant_id: 'globex' })]);
  const isStored = () => audit.app.get(WholeRecord).reached(1_000, new AbortController().signal);
  await waitFor(isStored, { ...WAIT, what: 'the first rows' });
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.leave();
  const streams = audit.app.get(LiveStreams);
  await waitFor(() => streams.size === 0, { ...WAIT, what: 'all who left to be forgotten' });
});
afterAll(async () => {
  people.close();
  await audit.app.close();
  await bus.close();
  await stored.close();
});

describe('GET /v1/decisions as an event stream', () => {
  it('tells every decision once, in order, to whoever may see it, and to nobody else', async () => {
    const [ada, dev, operator] = [
      await follow('ada', '/v1/decisions'),
      await follow('dev', '/v1/decisions'),
      await follow('operator', '/v1/decisions?tenant=globex'),
    ];
    const refusals = await follow('ada', '/v1/decisions?outcome=deny');
    const made = Array.from({ length: 40 }, (_, index) =>
      spool.decided({ principal_id: index % 3 === 0 ? 'user_dev' : 'user_ana', ...(index % 4 === 0 && denied) }),
    );
    const foreign = [spool.decided({ tenant_id: 'globex' })];
    for (const part of [made.slice(0, 1), foreign, made.slice(1, 25), made.slice(25)]) {
      await publish(bus, source.gateway, part);
    }
    await tells(ada, made);
    await tells(
      dev,
      made.filter(({ principal_id }) => principal_id === 'user_dev'),
    );
    await tells(
      refusals,
      made.filter(({ outcome }) => outcome === 'deny'),
    );
    await tells(operator, foreign);
    expect(ada.named('decision')[0]?.data).toMatchObject({ object: 'decision', decision_id: made[0]?.decision_id });
  });

  it('reads on where more came at once than one look reads', async () => {
    const ada = await follow('ada', '/v1/decisions');
    const many = Array.from({ length: 1_100 }, () => spool.decided());
    await publish(bus, source.gateway, many);
    await tells(ada, many);
    expect(ada.ended).toBe(false);
  });

  it('goes on behind the last event of whoever comes back, with each decision that was missed, once', async () => {
    const before = await follow('ada', '/v1/decisions');
    const made = Array.from({ length: 30 }, () => spool.decided());
    await publish(bus, source.gateway, made);
    await tells(before, made);
    before.leave();
    const missed = Array.from({ length: 600 }, () => spool.decided());
    await publish(bus, source.gateway, missed);
    // In the middle of a Kafka record, which holds several.
    const from = before.named('decision')[10]?.id ?? '';
    const back = await follow('ada', '/v1/decisions', { 'last-event-id': from });
    await tells(back, [...made.slice(11), ...missed]);
    expect(back.named('gap')).toEqual([]);
    // Somebody else's place shows nobody more than they may see.
    const other = await follow('gil', '/v1/decisions', { 'last-event-id': from });
    await waitFor(() => toldTo(other).length > 0, { ...WAIT, what: 'what is theirs' });
    expect(new Set(other.named('decision').map(({ data }) => data['tenant_id']))).toEqual(new Set(['globex']));
  });

  it.each(['01a2245f-f217-7ede-aa47-8490a6a5e3e6', 'ahead'])(
    'says that it cannot go on from a place that is not known (%s), and goes on from now',
    async (name) => {
      const ahead = `${source.gateway.name}/${decisionPartition('acme', source.gateway.partitions)}@999999+0`;
      const reader = await follow('ada', '/v1/decisions', { 'last-event-id': name === 'ahead' ? ahead : name });
      await waitFor(() => reader.named('gap').length > 0, { ...WAIT, what: 'the gap' });
      const made = [spool.decided(), spool.decided()];
      await publish(bus, source.gateway, made);
      await tells(reader, made);
      expect(reader.events[0]).toMatchObject({ name: 'gap', data: { reason: 'place_unknown' } });
    },
  );

  it('is refused as the list is, and where the past is asked for', async () => {
    const asked: [Person | undefined, string][] = [
      [undefined, ''],
      ['con', ''],
      ['ada', '?tenant=globex'],
      ['ada', '?from=2026-01-01T00:00:00Z'],
      ['ada', '?colour=red'],
    ];
    const answers = await Promise.all(asked.map(([person, query]) => follow(person, `/v1/decisions${query}`)));
    expect(answers.map(({ status }) => status)).toEqual([401, 403, 404, 400, 400]);
  });

  it('lets so many of a tenant listen and no more, and another one once somebody left', async () => {
    const listening = [];
    for (let n = 0; n < STREAMS_PER_TENANT_MAX; n += 1) listening.push(await follow('ada', '/v1/decisions'));
    expect(listening.map(({ status }) => status)).toEqual(listening.map(() => 200));
    expect((await follow('dev', '/v1/decisions')).status).toBe(429);
    const another = await follow('gil', '/v1/decisions');
    expect(another.status).toBe(200);
    listening[0]?.leave();
    await waitFor(async () => (await follow('dev', '/v1/decisions')).status === 200, { ...WAIT, what: 'room' });
  });
});

describe('GET /v1/analytics/live', () => {
  type Quotas = { data: { rule: string; used: string; limit: string }[] } | null;
  type Figures = {
    requests: number;
    denied: number;
    denials: object[];
    usage: { calls: number; cost: string }[];
    quotas: Quotas;
  };
  const once = async (person: Person) => {
    const answer = await audit.app.inject({ url: '/v1/analytics/live?minutes=60', headers: people.bearer(person) });
    return answer.json<Figures & { from: string; to: string }>();
  };

  it('tells each second what a direct count says', async () => {
    const reader = await follow('ada', '/v1/analytics/live?minutes=60');
    const before = await once('ada');
    const made = [spool.decided(), spool.decided({ ...denied, count: 3 })];
    const [allowed] = made as [AccessDecided];
    await publish(bus, source.gateway, [...made, spool.completed(allowed)]);
    const told = await waitFor(
      () => {
        const latest = reader.named('figures').at(-1)?.data as Figures | undefined;
        return latest?.requests === before.requests + 4 && latest.usage.length > 0 && latest;
      },
      { ...WAIT, what: 'figures with what was made' },
    );
    const [counted] = await stored.rows<Record<string, unknown>>(
      `SELECT sum(count) AS requests, sumIf(count, outcome = 'deny') AS denied FROM db.decisions WHERE tenant_id = 'acme'`,
    );
    expect({ requests: told.requests, denied: told.denied }).toEqual(counted);
    expect(told.denials).toEqual([{ reason: 'no_matching_rule', denied: told.denied }]);
    expect(told.usage).toEqual([expect.objectContaining({ currency: 'USD', calls: 1, cost: '0.00017' })]);
  });

  it('tells how much of a limit all gateways together have used, as many as there are calls', async () => {
    const [[counted], windows] = [
      await stored.rows<{ n: number }>(`SELECT toInt32(count()) AS n FROM db.decisions WHERE tenant_id = 'acme'`),
      { startMs: Date.now() - 1_000, endMs: Date.now() + 3_600_000 },
    ];
    const n = counted?.n ?? 0;
    const about = { tenantId: 'acme', holder: 'acme', rule: 'Limits/spec/month', unit: 'requests_per_month', per: {} };
    // Of two gateways, each of which counted a part of them.
    const claims = [n - 7, 7].map((settled, gateway) => {
      const said = { ...about, ...windows, settled, accepted: settled, asking: 0, ask: 0 };
      const place = { generation: 1, epoch: 1, position: 1 };
      const key = usageKey('window', `gateway-${gateway}/boot`);
      const record = { topic: source.limitUse.name, key, value: Buffer.from(JSON.stringify(said)), ...place };
      const time = new Date().toISOString();
      const envelope = { id: String(gateway), source: '/spec', type: 'gateway.usage', time, schema: 1 };
      return sealRecord(deriveMacKey(people.busKey), record, envelope);
    });
    await waitFor(async () => (await once('ada')).quotas !== null, { ...WAIT, what: 'the use of limits to be known' });
    const reader = await follow('ada', '/v1/analytics/live');
    await bus.publish(claims);
    const latest = () => (reader.named('figures').at(-1)?.data as Figures | undefined)?.quotas?.data ?? [];
    await waitFor(() => latest()[0]?.used === String(n), { ...WAIT, what: 'all that was used' });
    expect(latest()).toMatchObject([{ rule: 'Limits/spec/month', unit: 'requests_per_month', limit: '200' }]);
    for (const other of ['gil', 'dev'] as const) expect((await once(other)).quotas?.data).toEqual([]);
  });

  it('answers once to who accepts no events, with their own figures', async () => {
    const [ada, gil] = [await once('ada'), await once('gil')];
    expect(gil.requests).toBe(2);
    expect(ada.requests).toBeGreaterThan(gil.requests);
  });

  it.each([
    ['ada', '?minutes=61', 400],
    ['ada', '?minutes=x', 400],
    [undefined, '', 401],
    ['con', '', 403],
    ['ada', '?tenant=globex', 404],
  ] as const)('refuses %s with %s: %s', async (person, query, status) => {
    expect((await follow(person, `/v1/analytics/live${query}`)).status).toBe(status);
  });
});

describe('whoever listens', () => {
  it('is told nothing more once suspended, and the stream ends', async () => {
    const [decisions, figures] = [await follow('gil', '/v1/decisions'), await follow('gil', '/v1/analytics/live')];
    await waitFor(() => figures.named('figures').length > 0, { ...WAIT, what: 'figures' });
    await people.say({ [principalKey('user_gil')]: { ...suspended, id: 'user_gil', tenantId: 'globex' } });
    for (const reader of [decisions, figures]) {
      await waitFor(() => reader.ended, { ...WAIT, what: 'the end' });
      expect(reader.events.at(-1)).toMatchObject({ name: 'end', data: { reason: 'not_allowed' } });
    }
    await publish(bus, source.gateway, [spool.decided({ tenant_id: 'globex' })]);
    expect((await follow('gil', '/v1/decisions')).status).toBe(401);
  });

  it('does not keep the service from stopping', async () => {
    const reader = await follow('ada', '/v1/analytics/live');
    expect(reader.status).toBe(200);
    await audit.app.close();
    await waitFor(() => reader.ended, { ...WAIT, what: 'the end' });
  });
});

const suspended = {
  kind: 'user',
  status: 'suspended',
  epoch: 1,
  name: null,
  operator: false,
  teams: [],
  groups: [],
  labels: {},
  ownerTeam: null,
  email: null,
} as const;
