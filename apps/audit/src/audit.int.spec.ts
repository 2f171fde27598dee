import { crossTenantFindings, undeclaredRoutes } from '#libs/access';
import { MemoryBus } from '#libs/bus';
import type { AccessDecided } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { v4, v7 } from 'uuid';
import { undescribedRoutes } from '#libs/openapi';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engine, SpecSource, startAudit, ready } from './audit.fixture.js';
import { People, type Person } from './people.fixture.js';
import { publish, SpoolTwin } from './records.fixture.js';

type Item = Record<string, unknown> & { decision_id: string };
type List = { object: string; data: Item[]; has_more: boolean; next_cursor?: string };

const source = new SpecSource();
const stored = engine(source);
const bus = new MemoryBus();
const people = new People(bus, source.suffix);
const spool = new SpoolTwin(source.gateway);
const at = (hoursAgo: number) => new Date(Date.now() - hoursAgo * 3_600_000).toISOString();

/** From a moment ago to two months ago, so that every window of time is looked through. */
const ages = [0, 0, 0.2, 3, 20, 40, 24 * 10, 24 * 20, 24 * 60];
const own = ages.map((age) => spool.decided({ at: at(age) }));
const others = ages.map((age, i) => spool.decided({ at: at(age), principal_id: 'user_ana', key_id: `k${i}` }));
const denied = { outcome: 'deny', code: 'model_not_allowed', reason: 'no_matching_rule', http_status: 403 } as const;
const refused = spool.decided({ ...denied, requested_model: 'openai-main/gpt-4', resolved_model: '' });
const foreign = spool.decided({ tenant_id: 'globex', principal_id: 'user_gil', requested_model: 'globex/secret' });
const nobodys = spool.decided({ ...denied, tenant_id: '', principal_id: '', code: 'invalid_api_key' });
const random = spool.decided({ decision_id: v4() });
const decisions = [...own, ...others, refused, foreign, nobodys, random];
const ended = [own[0], others[0], foreign].map((decision) => spool.completed(decision as AccessDecided));

let audit: Awaited<ReturnType<typeof startAudit>>;

const get = async <Body = List>(person: Person | undefined, url: string) => {
  const headers = person ? people.bearer(person) : {};
  const answer = await audit.app.inject({ url, headers });
  return { status: answer.statusCode, body: answer.json<Body>(), headers: answer.headers };
};
const idsOf = (records: readonly { decision_id: string }[]) => records.map((record) => record.decision_id).toSorted();
const newestFirst = (records: readonly AccessDecided[]) =>
  records.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)).map((record) => record.at);

beforeAll(async () => {
  await bus.ensureTopics([...source.topics, source.deadLetters]);
  await people.open();
  audit = await startAudit(source, bus, people);
  await publish(bus, source.gateway, [...decisions, ...ended]);
  await ready(audit);
  const rows = async () => (await stored.rows<{ n: number }>('SELECT count() AS n FROM db.calls'))[0]?.n;
  await waitFor(async () => (await rows()) === ended.length && (await get('operator', '/v1/calls')).status === 200);
});
afterAll(async () => {
  people.close();
  await audit.app.close();
  await bus.close();
  await stored.close();
});

describe('GET /v1/decisions', () => {
  it('gives an administrator all of the tenant, newest first, page by page, and nothing twice', async () => {
    const seen: Item[] = [];
    let after = '';
    for (let pages = 0; pages < 20; pages += 1) {
      const { status, body } = await get('ada', `/v1/decisions?limit=4${after}`);
      expect(status).toBe(200);
      seen.push(...body.data);
      if (!body.has_more) break;
      after = `&after=${body.next_cursor}`;
    }
    const expected = decisions.filter(({ tenant_id }) => tenant_id === 'acme');
    expect(idsOf(seen)).toEqual(idsOf(expected));
    expect(seen.map((item) => item['at'])).toEqual(newestFirst(expected));
  });

  it('shows a row under its column names, numbers as numbers', async () => {
    const { body } = await get('ada', `/v1/decisions?outcome=deny`);
    const { type: _, ...columns } = refused;
    expect(body.data).toEqual([
      expect.objectContaining({ object: 'decision', ...columns, kafka_partition: expect.any(Number) }),
    ]);
  });

  it('gives a developer and an analyst exactly their own', async () => {
    const [dev, ana] = [await get('dev', '/v1/decisions'), await get('ana', '/v1/decisions')];
    expect(idsOf(dev.body.data)).toEqual(idsOf([...own, refused, random]));
    expect(idsOf(ana.body.data)).toEqual(idsOf(others));
    expect((await get('dev', '/v1/decisions?principal_id=user_ana')).body.data).toEqual([]);
  });

  it('gives the operator every tenant and the rows of none, or the tenant that it names', async () => {
    const all = await get('operator', '/v1/decisions?limit=200');
    expect(idsOf(all.body.data)).toEqual(idsOf(decisions));
    const globex = await get('operator', '/v1/decisions?tenant=globex');
    expect(idsOf(globex.body.data)).toEqual(idsOf([foreign]));
  });

  it.each([
    ['code=model_not_allowed', [refused]],
    ['reason=no_matching_rule&outcome=deny', [refused]],
    ['requested_model=openai-main/gpt-4', [refused]],
    ['key_id=k3', [others[3]]],
    ['principal_id=user_ana&service=gateway&action=model:invoke&environment=production', others],
    ['resolved_model=none', []],
    ['request_id=none', []],
    [`from=${at(25)}&to=${at(2)}&principal_id=user_dev`, [own[3], own[4]]],
    [`from=${at(24 * 30)}&principal_id=user_ana`, others.slice(0, 8)],
    [`to=${at(24 * 30)}`, [own[8], others[8]]],
  ])('filters by %s', async (query, expected) => {
    const { body } = await get('ada', `/v1/decisions?${query}`);
    expect(idsOf(body.data)).toEqual(idsOf(expected as AccessDecided[]));
  });

  it.each(['limit=0', 'after=nonsense', 'from=yesterday', 'colour=red', `after=${btoa('[1,"x",1,1]')}`])(
    'refuses %s with 400 and records that',
    async (query) => {
      const { status, headers } = await get('ada', `/v1/decisions?${query}`);
      expect(status).toBe(400);
      const id = headers['gatehouse-decision-id'];
      expect(audit.records.find(({ decision_id }) => decision_id === id)).toMatchObject({ outcome: 'deny' });
    },
  );

  it('is 401 without a key, 403 without the right, 404 with the name of another tenant', async () => {
    expect((await get(undefined, '/v1/decisions')).status).toBe(401);
    expect((await get('con', '/v1/decisions')).status).toBe(403);
    expect((await get('ada', '/v1/decisions?tenant=globex')).status).toBe(404);
    expect((await get('ada', '/v1/decisions?tenant=nowhere')).status).toBe(404);
  });
});

describe('GET /v1/decisions/{id}', () => {
  it('gives the row and how its call ended', async () => {
    const { status, body } = await get<Item>('ada', `/v1/decisions/${own[0]?.decision_id}`);
    expect(status).toBe(200);
    const call = { object: 'call', input_tokens: 12, cost: '0.00017', latency_ms: 41.730000000000004 };
    expect(body).toMatchObject({ object: 'decision', outcome: 'allow', call });
  });

  it('has no call where none ended', async () => {
    expect((await get<Item>('ada', `/v1/decisions/${own[1]?.decision_id}`)).body).toMatchObject({ call: null });
  });

  it.each([
    ['one decided long ago', own[8]],
    ['one whose id tells no time', random],
  ])('finds %s', async (_what, record) => {
    const { status, body } = await get<Item>('dev', `/v1/decisions/${record?.decision_id}`);
    expect([status, body.decision_id]).toEqual([200, record?.decision_id]);
  });

  it('is the same 404 for another tenant, another principal, a missing id and what is no id', async () => {
    const asked: [Person, string][] = [
      ['ada', foreign.decision_id],
      ['ada', nobodys.decision_id],
      ['dev', others[0]?.decision_id ?? ''],
      ['ada', v7()],
      ['ada', 'nonsense'],
    ];
    const bodies = await Promise.all(asked.map(([person, id]) => get<Item>(person, `/v1/decisions/${id}`)));
    expect(bodies.map(({ status }) => status)).toEqual(asked.map(() => 404));
    expect(new Set(bodies.map(({ body }) => `${String(body['code'])} ${String(body['detail'])}`)).size).toBe(1);
    expect((await get<Item>('operator', `/v1/decisions/${nobodys.decision_id}`)).status).toBe(200);
  });

  it('is 401 and 403 like the list', async () => {
    const url = `/v1/decisions/${refused.decision_id}`;
    expect([(await get(undefined, url)).status, (await get('con', url)).status]).toEqual([401, 403]);
  });
});

describe('GET /v1/calls', () => {
  it('lists as decisions are listed', async () => {
    expect(idsOf((await get('ada', '/v1/calls')).body.data)).toEqual(idsOf(ended.slice(0, 2)));
    expect(idsOf((await get('dev', '/v1/calls?usage_source=upstream')).body.data)).toEqual(idsOf(ended.slice(0, 1)));
    expect((await get('ada', '/v1/calls?outcome=failed')).body.data).toEqual([]);
    expect((await get('con', '/v1/calls')).status).toBe(403);
    expect((await get(undefined, '/v1/calls')).status).toBe(401);
    expect((await get('ada', '/v1/calls?reason=x')).status).toBe(400);
    expect((await get('ada', '/v1/calls?tenant=globex')).status).toBe(404);
  });

  it('gives one by the id of its decision, and 404 for any that is not to be seen', async () => {
    const [mine, another, theirs] = ended.map(({ decision_id }) => `/v1/calls/${decision_id}`);
    expect((await get<Item>('dev', mine ?? '')).body).toMatchObject({ object: 'call', cost: '0.00017' });
    expect((await get('dev', another ?? '')).status).toBe(404);
    expect((await get('ada', theirs ?? '')).status).toBe(404);
    expect((await get('ada', '/v1/calls/nonsense')).status).toBe(404);
  });
});

describe('GET /v1/usage', () => {
  it('sums what may be seen, by dimension and currency', async () => {
    const ada = await get<{ data: Item[] }>('ada', '/v1/usage?group_by=principal_id,resolved_model');
    const line = { resolved_model: 'local/llama-3', currency: 'USD', calls: 1, input_tokens: 12, cost: '0.00017' };
    const people = ['user_ana', 'user_dev'].map((principal_id) => expect.objectContaining({ ...line, principal_id }));
    expect(ada.body.data).toEqual(people);
    const total = { currency: 'USD', calls: 1, output_tokens: 5 };
    expect((await get<{ data: Item[] }>('dev', '/v1/usage')).body.data).toMatchObject([total]);
    expect((await get<{ data: Item[] }>('operator', '/v1/usage')).body.data).toMatchObject([{ calls: 3 }]);
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    const asked: [Person | undefined, string][] = [
      ['ada', '?group_by=colour'],
      ['ada', `?from=${at(1)}&to=${at(2)}`],
      [undefined, ''],
      ['con', ''],
      ['ada', '?tenant=globex'],
    ];
    const answers = await Promise.all(asked.map(([person, query]) => get(person, `/v1/usage${query}`)));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 401, 403, 404]);
  });
});

describe('the routes', () => {
  it('all declare what they require', () => {
    expect(undeclaredRoutes(audit.app)).toEqual([]);
  });

  it('says what it answers, in a document that is valid and kept in docs/reference/openapi', async () => {
    expect(undescribedRoutes(audit.app)).toEqual([]);
    const { statusCode, body } = await audit.app.inject('/openapi.json');
    expect(statusCode).toBe(200);
    expect((await new Validator().validate(JSON.parse(body))).errors ?? []).toEqual([]);
    expect(body).not.toMatch(/gh_(?:pat|vak|svc)[pdstx]_/);
    await expect(`${JSON.stringify(JSON.parse(body), undefined, 2)}\n`).toMatchFileSnapshot(
      '../../../docs/reference/openapi/audit.json',
    );
  });

  it('show nothing of another tenant', async () => {
    const ids = {
      decisionId: [foreign.decision_id],
      findingId: ['f'.repeat(32)],
      letterId: ['audit-0'],
      tenantId: ['globex'],
      keyId: ['ck_foreign'],
    };
    const names = ['globex/secret', 'user_gil'];
    const headers = { 'if-match': '*' };
    const bodies = { 'PUT /v1/legal-holds/:tenantId': { reason: 'none' } };
    const { authorization } = people.bearer('ada');
    const credential = authorization.replace('Bearer ', '');
    expect(
      await crossTenantFindings(audit.app, credential, { tenantId: 'globex', ids, names, headers, bodies }),
    ).toEqual([]);
  });

  it('record each answer as one decision about the tenant', async () => {
    const { headers } = await get('dev', '/v1/decisions');
    const mine = audit.records.filter(({ decision_id }) => decision_id === headers['gatehouse-decision-id']);
    const expected = { action: 'audit:read', resource_type: 'audit', resource: 'decisions', outcome: 'allow' };
    expect(mine).toEqual([expect.objectContaining({ ...expected, principal_id: 'user_dev' })]);
  });
});
