import { MemoryBus } from '#libs/bus';
import { builtInRoles } from '#libs/policy-language';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engine, ready, SpecSource, startAudit } from '../audit.fixture.js';
import { People, type Person } from '../people.fixture.js';
import { publish, SpoolTwin } from '../records.fixture.js';
import { monthIn } from './calendar.js';
import { REQUESTS } from './cube.js';
import { FiguresReader } from './figures-reader.js';
import { UsageReport } from '../usage/usage-report.js';
import { anyQuestion, chooser, costOf, mixedFacts, reckoned, urlOf } from './analytics.fixture.js';

type Line = Record<string, unknown>;
type Figures = { basis: string; data: Line[]; truncated: boolean; from: string; to: string };

type Radius = Record<'spend' | 'models' | 'addresses' | 'actions', Line[]> & { use: Line; truncated: string[] };
type Sums = { currency: string; calls: number; cost: string; input_tokens: number };
type Report = { time_zone: string; totals: Sums[]; lines: Sums[]; unattributed_calls: number };

const source = new SpecSource();
const stored = engine(source);
const bus = new MemoryBus();
/** Half an hour off, and another day than UTC for hours: whatever goes by UTC shows. */
const OWN_ZONE = 'America/St_Johns';
const people = new People(bus, source.suffix, { timeZone: OWN_ZONE });
/** A whole hour and a bit, so that whole minutes and others can be asked for. */
const endMs = Math.floor(Date.now() / 60_000) * 60_000;
const spool = new SpoolTwin(source.gateway);
const facts = mixedFacts(spool, 400, endMs);
/** Longer ago than any question of the others. */
const longAgo = new Date(endMs - 40 * 86_400_000).toISOString();
const nobodys = spool.completed(spool.decided({ tenant_id: 'nobodys', principal_id: '' }), { at: longAgo });
const records = [...facts.flatMap(({ decision, call }) => (call ? [decision, call] : [decision])), nobodys];

let audit: Awaited<ReturnType<typeof startAudit>>;

const get = async <Body = Figures>(person: Person | undefined, url: string) => {
  const headers = person ? people.bearer(person) : {};
  const answer = await audit.app.inject({ url, headers });
  return { status: answer.statusCode, body: answer.json<Body>() };
};
const sumOf = (lines: readonly Sums[], name: 'calls' | 'input_tokens') =>
  lines.reduce((sum, line) => sum + line[name], 0);
const sorted = (lines: readonly object[]) =>
  lines.map((line) => JSON.stringify(Object.entries(line).toSorted())).toSorted();

beforeAll(async () => {
  await bus.ensureTopics([...source.topics, source.deadLetters]);
  await people.open();
  audit = await startAudit(source, bus, people);
  await publish(bus, source.gateway, records);
  await ready(audit);
  // Sums become visible after the rows that they are of.
  const count = async () =>
    (
      await stored.rows<{ n: number }>(
        'SELECT (SELECT sum(rows) FROM db.decisions_by_minute) + (SELECT sum(rows) FROM db.calls_by_minute) AS n',
      )
    )[0]?.n;
  await waitFor(async () => (await count()) === records.length, { timeoutMs: 60_000, what: 'all rows' });
});
afterAll(async () => {
  people.close();
  await audit.app.close();
  await bus.close();
  await stored.close();
});

describe('GET /v1/analytics/requests, calls, latency and uses', () => {
  it('answer denials by reason, a flood counted as often as it was folded', async () => {
    const { body } = await get('ada', '/v1/analytics/requests?outcome=deny&group_by=reason&service=gateway');
    const denied = facts.filter(({ decision }) => decision.outcome === 'deny' && decision.tenant_id === 'acme');
    const dayAgo = Date.parse(body.from);
    const recent = denied.filter(({ decision }) => Date.parse(decision.at) >= dayAgo);
    for (const reason of ['no_matching_rule', 'limit']) {
      const own = recent.filter(({ decision }) => decision.reason === reason);
      const requests = own.reduce((sum, { decision }) => sum + decision.count, 0);
      expect(body.data).toContainEqual({ reason, requests, allowed: 0, denied: requests });
    }
    expect(body.data).toHaveLength(2);
  });

  it('tell when there are more groups than an answer has, and give the largest', async () => {
    const reach = { tenant: 'acme', owner: undefined };
    const question = { reach, fromMs: 0, toMs: endMs + 1, dimensions: ['principal_id', 'key_id'], equal: {} };
    const reader = audit.app.get(FiguresReader);
    const all = await reader.ask(REQUESTS, question);
    const some = await reader.ask(REQUESTS, question, 2);
    expect([all.truncated, some.truncated]).toEqual([false, true]);
    expect(all.data).toHaveLength(9);
    const largest = all.data.map(({ requests }) => Number(requests)).toSorted((a, b) => b - a);
    expect(some.data.map(({ requests }) => requests)).toEqual(largest.slice(0, 2));
  });

  it.each([
    ['group_by=colour', 400],
    ['group_by=team,environment,outcome,key_id', 400],
    ['group_by=metadata.', 400],
    ['group_by=outcome)--', 400],
    ['grain=second', 400],
    ['grain=day&time_zone=Mars/Olympus', 400],
    ["time_zone=UTC')--", 400],
    ['metadata=feature', 400],
    ['from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 400],
    ['tenant=globex', 404],
    ['tenant=nowhere', 404],
  ])('refuse %s', async (query, status) => {
    for (const about of ['requests', 'calls', 'latency', 'uses']) {
      expect((await get('ada', `/v1/analytics/${about}?${query}`)).status).toBe(status);
    }
  });

  it('take a name of metadata as a name, whatever it looks like', async () => {
    const hostile = encodeURIComponent("metadata.x'] OR 1=1 --");
    const { status, body } = await get('ada', `/v1/analytics/requests?group_by=${hostile}`);
    expect(status).toBe(200);
    expect(body.data).toEqual([expect.objectContaining({ "metadata.x'] OR 1=1 --": '' })]);
  });

  it('are 401 without a key and 403 without the right', async () => {
    for (const about of ['requests', 'calls', 'latency', 'uses']) {
      expect((await get(undefined, `/v1/analytics/${about}`)).status).toBe(401);
      expect((await get('con', `/v1/analytics/${about}`)).status).toBe(403);
    }
  });

  it('say what the records themselves say, by any dimensions, filters, time and grain', async () => {
    const choice = chooser(11);
    const ownReach = {
      ada: { tenant_id: 'acme' },
      dev: { tenant_id: 'acme', principal_id: 'user_dev' },
      operator: {},
    } as const;
    const bases = new Set<string>();
    for (let round = 0; round < 120; round += 1) {
      const person = choice.of(['ada', 'dev', 'operator'] as const);
      const asked = anyQuestion(choice, endMs);
      const url = urlOf(asked);
      const { status, body } = await get(person, url);
      const mine = facts.filter(({ decision }) =>
        Object.entries(ownReach[person]).every(([k, v]) => decision[k as 'tenant_id'] === v),
      );
      const zone = asked.zone ?? (person === 'operator' ? 'UTC' : OWN_ZONE);
      const lines = sorted(reckoned(mine, { ...asked, zone }));
      const expected = { person, url, status: 200, truncated: false, lines };
      expect({ person, url, status, truncated: body.truncated, lines: sorted(body.data) }).toEqual(expected);
      if (body.data.length > 0) bases.add(`${asked.about} ${body.basis}`);
    }
    expect([...bases].toSorted()).toEqual([
      'calls rollup',
      'calls rows',
      'latency rows',
      'requests rollup',
      'requests rows',
      'uses rows',
    ]);
  });
});

describe('GET /v1/analytics/blast-radius', () => {
  const since = new Date(endMs - 3_600_000).toISOString();
  const url = (keyId: string) => `/v1/analytics/blast-radius?key_id=${keyId}&since=${since}`;
  const of = (tenant: string, keyId: string) =>
    facts.filter(({ decision }) => decision.tenant_id === tenant && decision.key_id === keyId && decision.at >= since);

  it('shows models, spend, addresses and actions of a key since a moment, and nothing before it', async () => {
    const { status, body } = await get<Radius>('ada', url('k1'));
    const own = of('acme', 'k1');
    const made = own.flatMap(({ call }) => call ?? []);
    expect(status).toBe(200);
    const requests = own.reduce((sum, { decision }) => sum + decision.count, 0);
    expect(body.use).toMatchObject({ requests, first_seen_at: own.map(({ decision }) => decision.at).toSorted()[0] });
    for (const currency of ['USD', 'EUR']) {
      const cost = costOf(made.filter((call) => call.currency === currency));
      expect(body.spend).toContainEqual(expect.objectContaining({ currency, cost }));
    }
    const models = new Set(made.map((call) => call.resolved_model));
    expect(new Set(body.models.map((line) => line['resolved_model']))).toEqual(models);
    expect(body.addresses).toEqual([expect.objectContaining({ ip: '10.0.0.1', requests })]);
    expect(body.actions.map((line) => line['outcome']).toSorted()).toEqual(['allow', 'deny']);
    expect(body.truncated).toEqual([]);
  });

  it('is the same for another tenant’s key as for none', async () => {
    const foreign = people.keyId('gil');
    const empty = { use: { requests: 0, first_seen_at: null }, spend: [], models: [], addresses: [], actions: [] };
    expect((await get<Radius>('ada', url(foreign))).body).toMatchObject(empty);
    expect((await get<Radius>('ada', url('none'))).body).toMatchObject(empty);
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    const asked: [Person | undefined, string][] = [
      ['ada', '/v1/analytics/blast-radius?key_id=k1'],
      ['ada', '/v1/analytics/blast-radius?key_id=k1&since=2999-01-01T00:00:00Z'],
      [undefined, url('k1')],
      ['con', url('k1')],
      ['ada', `${url('k1')}&tenant=globex`],
    ];
    const answers = await Promise.all(asked.map(([person, path]) => get(person, path)));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 401, 403, 404]);
  });
});

describe('GET /v1/usage/report', () => {
  const month = new Date(endMs).toISOString().slice(0, 7);
  const monthOf = (at: string, zone: string) =>
    Temporal.Instant.from(at).toZonedDateTimeISO(zone).toPlainDate().toPlainYearMonth();
  const isIn = (at: string, zone: string) => String(monthOf(at, zone)) === month;
  const mineIn = (zone: string) =>
    facts.flatMap(({ call }) => (call?.tenant_id === 'acme' && isIn(call.at, zone) ? [call] : []));

  it('attributes every call of the month to a line, and its lines sum up to the totals', async () => {
    const asked = [
      ['', OWN_ZONE],
      ['&group_by=principal_id&time_zone=Pacific/Kiritimati', 'Pacific/Kiritimati'],
      ['&group_by=resolved_model,key_id&time_zone=UTC', 'UTC'],
    ] as const;
    for (const [query, zone] of asked) {
      const mine = mineIn(zone);
      const { status, body } = await get<Report>('ada', `/v1/usage/report?month=${month}${query}`);
      expect(body.time_zone).toBe(zone);
      expect([status, body.unattributed_calls]).toEqual([200, 0]);
      for (const total of body.totals) {
        const lines = body.lines.filter(({ currency }) => currency === total.currency);
        const calls = mine.filter(({ currency }) => currency === total.currency);
        expect([total.calls, total.cost]).toEqual([calls.length, costOf(calls)]);
        expect([sumOf(lines, 'calls'), costOf(lines)]).toEqual([total.calls, total.cost]);
        expect(sumOf(lines, 'input_tokens')).toBe(calls.reduce((sum, call) => sum + call.input_tokens, 0));
      }
      expect(sumOf(body.totals, 'calls')).toBe(mine.length);
    }
  });

  it('shows a call of nobody as one, rather than leaving it out', async () => {
    const { body } = await get<Report>('operator', `/v1/usage/report?month=${nobodys.at.slice(0, 7)}&tenant=nobodys`);
    expect(body).toMatchObject({ unattributed_calls: 1, lines: [{ principal_id: '', calls: 1 }] });
  });

  it('is refused rather than cut where it would have too many lines', async () => {
    const reach = { tenant: 'acme', owner: undefined };
    const report = audit.app.get(UsageReport).of(reach, monthIn(month, 'UTC'), ['principal_id', 'key_id'], 3);
    await expect(report).rejects.toMatchObject({ status: 422, code: 'usage/too-many-lines' });
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    const url = `/v1/usage/report?month=${month}`;
    const asked: [Person | undefined, string][] = [
      ['ada', '/v1/usage/report'],
      ['ada', '/v1/usage/report?month=2026-13'],
      ['ada', `${url}&group_by=currency`],
      [undefined, url],
      ['con', url],
      ['ada', `${url}&tenant=globex`],
    ];
    const answers = await Promise.all(asked.map(([person, path]) => get(person, path)));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 401, 403, 404]);
  });
});

describe('GET /v1/analytics/unused-grants', () => {
  type Unused = { data: { principal_id: string; statement: string }[]; policy_revision: number };
  const url = '/v1/analytics/unused-grants';
  const allOf = (role: string) =>
    builtInRoles.flatMap(({ name, statements }) => (name === role ? statements.map(({ id }) => `${role}/${id}`) : []));

  it('lists what people hold and the record does not cite, whoever else used it', async () => {
    const { status, body } = await get<Unused>('ada', url);
    expect([status, body.policy_revision]).toEqual([200, 1]);
    const of = (id: string) => body.data.flatMap((grant) => (grant.principal_id === id ? [grant.statement] : []));
    // Of ana’s decisions, too, some cite the developer’s statement.
    expect(of('user_ana')).toEqual(allOf('analyst').toSorted());
    expect(of('user_dev')).toEqual(
      allOf('developer')
        .filter((id) => id !== 'developer/models')
        .toSorted(),
    );
    expect(of('user_gil')).toEqual([]);
  });

  it('counts what was used in the days asked about', async () => {
    const { body } = await get<Unused>('dev', `${url}?days=400`);
    expect(new Set(body.data.map(({ principal_id }) => principal_id))).toEqual(new Set(['user_dev']));
    const { body: theirs } = await get<Unused>('gil', url);
    expect(theirs.data.map(({ statement }) => statement)).toEqual(allOf('admin').toSorted());
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    const asked: [Person | undefined, string][] = [
      ['ada', `${url}?days=0`],
      ['ada', `${url}?days=401`],
      [undefined, url],
      ['con', url],
      ['ada', `${url}?tenant=globex`],
    ];
    const answers = await Promise.all(asked.map(([person, path]) => get(person, path)));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 401, 403, 404]);
  });
});
