import { KafkaBus, deriveMacKey, sealRecord, verifyRecord, type BusRecord } from '#libs/bus';
import { Finding, KeyUses, principalKey, usageKey } from '#libs/contracts';
import { silentLogger } from '#libs/telemetry';
import { testStack, waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engine, SpecSource, startAudit, ready } from '../audit.fixture.js';
import { People, type Person } from '../people.fixture.js';
import { publish, SpoolTwin } from '../records.fixture.js';
import { UnusedGrantFindings } from '../grants/unused-grant-findings.js';
import { FindingSweep } from './finding-sweep.js';

type Item = { readonly id?: string; readonly [field: string]: unknown };
type List = { data: Item[]; has_more: boolean; next_cursor?: string };

const bus = new KafkaBus({ brokers: testStack().kafka.brokers, clientId: 'spec', logger: silentLogger });
const source = new SpecSource();
const people = new People(bus, source.suffix);
const stored = engine(source);
const spool = new SpoolTwin(source.gateway);
const told: BusRecord[] = [];
let audit: Awaited<ReturnType<typeof startAudit>>;
let tail: { close(): Promise<void> };

const get = async <Body = List>(person: Person | undefined, url: string) => {
  const answer = await audit.app.inject({ url, headers: person ? people.bearer(person) : {} });
  return { status: answer.statusCode, body: answer.json<Body>() };
};
// One that could not be relied on, since the service had not heard of its writers for a moment, concludes nothing: the next does.
const sweep = () =>
  waitFor(() => audit.app.get(FindingSweep, { strict: false }).sweep(), {
    timeoutMs: 60_000,
    everyMs: 200,
    what: 'a sweep',
  });
const use = (person: Person, at: string, change: object = {}) =>
  publish(bus, source.gateway, [spool.decided({ key_id: people.keyId(person), at, ...change })]);
/** Every record that was told on a topic and carries audit's MAC. */
const tellings = (topic: string) =>
  told
    .filter((record) => record.topic === topic && verifyRecord(deriveMacKey(people.busKey), record).ok)
    .map(({ value }) => JSON.parse(String(value)) as unknown);
const usesTold = () => tellings(source.keyUses.name).flatMap((value) => KeyUses.parse(value).uses);
const staleKeys = async (query = '') =>
  (await get('ada', `/v1/findings?kind=key-stale${query}`)).body.data.map((item) => item['key_id']);

beforeAll(async () => {
  await bus.ensureTopics([...source.topics, source.deadLetters, source.keyUses, source.findings]);
  await people.open();
  const account = { tenantId: 'acme', kind: 'virtual-account', status: 'active', epoch: 1, email: null, teams: [] };
  const more = { groups: [], labels: {}, operator: false };
  for (const [id, ownerTeam] of [
    ['va_orphan', null],
    ['va_owned', 'crew'],
  ] as const) {
    await people.say({ [principalKey(id)]: { id, name: id.slice(3), ownerTeam, ...account, ...more } });
  }
  // Everybody's key was issued long ago; dev has used theirs just now, and somebody tried con's with a wrong secret. Before
  // the service starts: it looks by itself too, as soon as it can.
  await use('dev', new Date().toISOString());
  await use('con', new Date().toISOString(), { principal_kind: '', auth_method: 'api_key', outcome: 'deny' });
  audit = await startAudit(source, bus, people);
  tail = await bus.replay({
    reader: `spec.${source.suffix}`,
    topics: [source.keyUses.name, source.findings.name],
    onRecords: (records) => void told.push(...records),
    onIncident: () => undefined,
  });
  await ready(audit);
  await waitFor(async () => usesTold().length > 0, { timeoutMs: 30_000 });
  await sweep();
});
afterAll(async () => {
  people.close();
  await tail?.close();
  await audit?.app.close();
  await bus.close();
  await stored.close();
});

describe('uses of keys', () => {
  it('are told to the minute, sealed, once for each advance, and not for a wrong secret', async () => {
    const [minute] = new Date().toISOString().split(/:\d\d\./u);
    const [told1, ...others] = usesTold();
    expect([told1?.keyId, others]).toEqual([people.keyId('dev'), []]);
    expect(told1?.usedAt).toMatch(/T\d\d:\d\d:00\.000Z$/);
    expect(String(minute) >= String(told1?.usedAt).slice(0, 16)).toBe(true);
  });
});

describe('GET /v1/findings', () => {
  it('lists keys that nobody has used, and leaves out one that was used a moment ago', async () => {
    const stale = await staleKeys();
    expect(stale).toEqual(expect.arrayContaining([people.keyId('ana'), people.keyId('con'), people.keyId('ada')]));
    expect(stale).not.toContain(people.keyId('dev'));
    const { body } = await get('ada', `/v1/findings?key_id=${people.keyId('ana')}`);
    expect(body.data).toMatchObject([
      { object: 'finding', kind: 'key-stale', owner_id: 'user_ana', last_used_at: null, status: 'open', rule: '' },
    ]);
    expect(String(body.data[0]?.['unused_since'])).toMatch(/^2026-01-01T00:00:00/);
  });

  it('flags an account that no team owns, and neither one that has a team nor the operator', async () => {
    const { body } = await get('ada', '/v1/findings?kind=account-ownerless');
    expect(body.data.map((item) => item['virtual_account_id'])).toEqual(['va_orphan']);
  });

  it('tells of a key whose sink takes no new text', async () => {
    const { body } = await get('ada', '/v1/findings?kind=rotation-failing');
    expect(body.data).toMatchObject([{ key_id: people.keyId('con'), owner_id: 'user_con', sink: 'vault' }]);
  });

  it('says the same on the bus, once, however often it looks', async () => {
    await sweep();
    const kinds = () => tellings(source.findings.name).map((value) => Finding.parse(value));
    await waitFor(() => kinds().some(({ kind }) => kind === 'account-ownerless'));
    const ids = kinds().map((finding) => finding.findingId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('tells once of each part of a limit that all gateways together have used up, until its window ends', async () => {
    const [startMs, endMs] = [Date.now() - 1_000, Date.now() + 3_600_000];
    const about = { tenantId: 'acme', holder: 'acme', rule: 'Limits/spec/month', unit: 'requests_per_month', per: {} };
    const claims = [60, 50].map((settled, n) => {
      const value = Buffer.from(
        JSON.stringify({ ...about, startMs, endMs, settled, accepted: settled, asking: 0, ask: 0 }),
      );
      const record = { topic: source.limitUse.name, key: usageKey('window', `gateway-${n}/boot`), value };
      const envelope = {
        id: `${n}`,
        source: '/spec',
        type: 'gateway.usage',
        time: new Date().toISOString(),
        schema: 1,
      };
      return sealRecord(deriveMacKey(people.busKey), { ...record, generation: 1, epoch: 1, position: 1 }, envelope);
    });
    const limits = async () => (await get('ada', '/v1/findings?kind=limit-reached')).body.data;
    await bus.publish(claims);
    await waitFor(
      async () => {
        await sweep();
        return (await limits()).length > 0;
      },
      { timeoutMs: 30_000, everyMs: 200 },
    );
    await sweep();
    const part = {
      rule: 'Limits/spec/month',
      percent: 50,
      of_limit: '200',
      status: 'open',
      window_end: expect.any(String),
    };
    // Of both gateways together; one alone has not used half of it.
    expect(await limits()).toMatchObject([{ ...part, used: '110' }]);
    const toldOf = () =>
      tellings(source.findings.name).filter((value) => Finding.parse(value).kind === 'limit-reached');
    await waitFor(() => toldOf().length > 0, { timeoutMs: 30_000 });
    expect(toldOf()).toHaveLength(1);
  });

  it('ends a finding with the next use, also one that is heard of late', async () => {
    const late = new Date(Date.now() - 3_600_000).toISOString();
    await use('ana', late);
    await waitFor(() => usesTold().some(({ keyId }) => keyId === people.keyId('ana')), { timeoutMs: 30_000 });
    await sweep();
    expect(await staleKeys('&status=open')).not.toContain(people.keyId('ana'));
    expect(await staleKeys('&status=resolved')).toEqual([people.keyId('ana')]);
  });

  it('tells of a grant that its holder never used, until they do, and of none that they got lately', async () => {
    const look = async () => {
      // Only then is stored what was published.
      await sweep();
      await audit.app.get(UnusedGrantFindings, { strict: false }).look('acme', Date.now());
      await sweep();
    };
    const unused = async (status: string) =>
      (await get('ada', `/v1/findings?kind=grant-unused&status=${status}&limit=200`)).body.data;
    const has = (items: readonly Item[], owner: string, rule: string) =>
      items.some((item) => item['owner_id'] === owner && item['rule'] === rule);
    // The service looks by itself as well, perhaps with what it knew a moment ago: the next look puts that right.
    const isOver = async (owner: string, rule: string) => {
      await look();
      return !has(await unused('open'), owner, rule);
    };
    await waitFor(() => isOver('user_dev', 'developer/models'), { timeoutMs: 30_000 });
    expect(has(await unused('open'), 'user_ana', 'analyst/models')).toBe(true);
    const toldOf = () => tellings(source.findings.name).filter((value) => Finding.parse(value).kind === 'grant-unused');
    await waitFor(() => toldOf().length >= 1, { timeoutMs: 30_000 });
    await use('ana', new Date().toISOString(), { principal_id: 'user_ana', statements: ['analyst/models'] });
    const isResolved = async () => has(await unused('resolved'), 'user_ana', 'analyst/models');
    await waitFor(async () => (await isOver('user_ana', 'analyst/models')) && isResolved(), { timeoutMs: 30_000 });
    // What ada holds was given to her a moment ago, as far as the record of changes says.
    const at = new Date().toISOString();
    const binding = { kind: 'RoleBinding', spec: { subjects: ['user:user_ada'], roles: ['admin'] } };
    const row = { change_id: 'spec', at, appended_at: at, service: 'policy', type: 'policy.revision.published' };
    const after = JSON.stringify(binding);
    const values = JSON.stringify({ ...row, tenant_id: 'acme', resource_type: 'RoleBinding', resource: 'ada', after });
    await stored.command(
      `INSERT INTO db.changes SETTINGS date_time_input_format = 'best_effort' FORMAT JSONEachRow ${values}`,
    );
    const adas = String((await unused('open')).find((item) => item['owner_id'] === 'user_ada')?.['rule']);
    expect(adas).toMatch(/^admin\//);
    await waitFor(() => isOver('user_ada', adas), { timeoutMs: 30_000 });
    expect((await unused('open')).some((item) => item['owner_id'] === 'user_ana')).toBe(true);
  });

  it('pages, finds one by its id, and shows another tenant’s to nobody but the operator', async () => {
    const seen: unknown[] = [];
    for (let after = ''; ;) {
      const { body } = await get('ada', `/v1/findings?limit=2${after}`);
      seen.push(...body.data.map((item) => item['finding_id']));
      if (!body.has_more) break;
      after = `&after=${body.next_cursor}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    const { body } = await get('gil', '/v1/findings');
    const foreign = body.data[0]?.['finding_id'];
    expect(body.data.every((item) => item['tenant_id'] === 'globex')).toBe(true);
    expect((await get<Item>('gil', `/v1/findings/${String(foreign)}`)).body).toEqual(body.data[0]);
    expect((await get('ada', `/v1/findings/${String(foreign)}`)).status).toBe(404);
    expect((await get('operator', `/v1/findings/${String(foreign)}`)).status).toBe(200);
    expect((await get('ada', '/v1/findings/nothing')).status).toBe(404);
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    expect((await get('ada', '/v1/findings?after=nonsense')).status).toBe(400);
    expect((await get('ada', '/v1/findings?colour=red')).status).toBe(400);
    expect((await get(undefined, '/v1/findings')).status).toBe(401);
    expect((await get('dev', '/v1/findings')).status).toBe(403);
    expect((await get('ada', '/v1/findings?tenant=globex')).status).toBe(404);
  });
});
