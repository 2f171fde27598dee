import { MemoryBus, systemClock } from '#libs/bus';
import { principalKey, tenantKey, topics, type DecisionRecord, type TopicSpec } from '#libs/contracts';
import { IdentityView } from '#libs/access';
import { EventStoreModule, SubjectKeys } from '#libs/event-store';
import { freshDatabase, waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { engine, ready, SpecSource, startAudit } from '../audit.fixture.js';
import { CheckpointSigner } from '../chain/checkpoint-signer.js';
import { ErasedAuthors } from '../erased-authors/erased-authors.js';
import { People, type Person } from '../people.fixture.js';
import { batches, publish, SpoolTwin } from '../records.fixture.js';
import { storeOptions } from '../store-options.js';
import { ExpiredDays } from './expired-days.js';
import { RetentionSweep } from './retention-sweep.js';

/** The store names its topic by itself. */
class RetentionSource extends SpecSource {
  override readonly events: readonly TopicSpec[] = [topics.auditEvents];
}
const DAY_MS = 86_400_000;
const source = new RetentionSource();
const stored = engine(source);
const bus = new MemoryBus();
const people = new People(bus, source.suffix, { retentionDays: 30 });
const spool = new SpoolTwin(source.gateway);
const seal = Buffer.alloc(32, 5).toString('base64');
let databaseUrl: string;
let audit: Awaited<ReturnType<typeof startAudit>>;
let made = 0;

async function start(): Promise<void> {
  const keys = { DATABASE_URL: databaseUrl, GATEHOUSE_SEAL_KEY: seal, GATEHOUSE_BUS_KEY: seal };
  audit = await startAudit(source, bus, people, { store: EventStoreModule.forRoot(storeOptions(keys)) });
  await ready(audit);
}
const sweep = () => audit.app.get(RetentionSweep).sweep();
const sign = () => audit.app.get(CheckpointSigner).signAll(new AbortController().signal);
const days = async (table: 'decisions' | 'calls', tenant: string) =>
  (
    await stored.rows<{ ago: number; n: number }>(
      `SELECT toInt32(dateDiff('day', appended_at, now('UTC'))) AS ago, toInt32(count()) AS n FROM db.${table}
        WHERE tenant_id = '${tenant}' GROUP BY ago ORDER BY ago DESC`,
    )
  ).map(({ ago, n }) => `${n} of ${ago} days ago`);
const sums = async () =>
  stored.rows(
    `SELECT (SELECT sum(decisions) FROM db.decisions_by_minute) AS decisions, (SELECT sum(cost) FROM db.calls_by_minute) AS cost,
      (SELECT sum(rows) FROM db.key_uses) AS uses`,
  );
async function verified(tenant: string, from: string) {
  const url = `/v1/chain/verify?tenant=${tenant}&from=${from}`;
  const answer = await audit.app.inject({ url, headers: people.bearer('operator') });
  return answer.json<{ sound: boolean; from: string; checkpoints: number; chains: { fault: object | null }[] }>();
}

/** The broker takes these so many days ago; resolves once they are stored and committed. */
async function arrive(daysAgo: number, records: readonly DecisionRecord[]): Promise<void> {
  const then = { ...systemClock, wallMs: () => Date.now() - daysAgo * DAY_MS };
  await publish(new MemoryBus(bus.log, then), source.gateway, records);
  made += records.length;
  const names = source.topics.map(({ name }) => name);
  const isCommitted = async () => {
    const [{ partitions }, offsets] = [await bus.endOffsets(names), await bus.committedOffsets(source.group, names)];
    const places = new Map(offsets.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
    return partitions.every(({ topic, partition, end }) => end === (places.get(`${topic}/${partition}`) ?? 0n));
  };
  await waitFor(isCommitted, { timeoutMs: 30_000 });
}
const calls = (tenant_id: string, count: number): DecisionRecord[] =>
  Array.from({ length: count }, () => {
    const decision = spool.decided({ tenant_id });
    return [decision, spool.completed(decision)];
  }).flat();

beforeAll(async () => {
  databaseUrl = await freshDatabase('audit');
  await bus.ensureTopics([...source.topics, ...source.events, source.deadLetters]);
  await people.open();
  await start();
  await arrive(420, calls('idle', 3));
  await arrive(40, [...calls('acme', 4), ...calls('globex', 2), spool.decided({ tenant_id: '' })]);
  await arrive(20, calls('acme', 2));
  await arrive(0, calls('acme', 1));
});
afterAll(async () => {
  people.close();
  await audit.app.close();
  await bus.close();
  await stored.close();
});

describe('what a tenant does not keep any longer', () => {
  it('stays for as long as no checkpoint vouches for it', async () => {
    expect(await sweep()).toBe(0);
    expect(await days('decisions', 'acme')).toEqual(['4 of 40 days ago', '2 of 20 days ago', '1 of 0 days ago']);
  });

  it('goes by whole days, of that tenant alone; the sums stay, and the record verifies', async () => {
    const before = await sums();
    await sign();
    // acme's decisions and calls of 40 days ago; of 420 days ago what a tenant had that says nothing.
    expect(await sweep()).toBe(4);
    for (const table of ['decisions', 'calls'] as const) {
      expect(await days(table, 'acme')).toEqual(['2 of 20 days ago', '1 of 0 days ago']);
      expect(await days(table, 'globex')).toEqual(['2 of 40 days ago']);
      expect(await days(table, 'idle')).toEqual([]);
    }
    expect(await days('decisions', '')).toEqual(['1 of 40 days ago']);
    expect(await sums()).toEqual(before);
    const answer = await verified('acme', '2020-01-01');
    expect(answer).toMatchObject({ sound: true, checkpoints: 1 });
    expect(answer.from).toBe(new Date(Date.now() - 30 * DAY_MS).toISOString().slice(0, 10));
    expect(await verified('globex', '2020-01-01')).toMatchObject({ sound: true });
    expect(await sweep()).toBe(0);
  });

  it('takes nothing of the chain with it: it goes on where all rows before have expired, and is signed further', async () => {
    await audit.app.close();
    await start();
    await arrive(0, calls('idle', 2));
    await sign();
    expect(await verified('idle', '2020-01-01')).toMatchObject({ sound: true, checkpoints: 2 });
    const [head] = await stored.rows<{ chain_hash: string }>(
      `SELECT chain_hash FROM db.expired_days WHERE tenant_id = 'idle' AND table_name = 'decisions'`,
    );
    expect(head?.chain_hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('leaves the sums as they are when a range beside it is stored once more', async () => {
    const before = await sums();
    const own = calls('acme', 1);
    await arrive(0, own);
    const [batch] = batches(source.gateway, own);
    const place = { topic: source.gateway.name, partition: batch?.partition ?? 0 };
    await audit.app.close();
    // As if it had died after the insert and before the commit.
    const offsets = await bus.committedOffsets(source.group, [place.topic]);
    const committed = offsets.find(({ partition }) => partition === place.partition);
    const last = (committed?.offset ?? 1n) - 1n;
    bus.log.commit(source.group, place.topic, place.partition, { offset: last, metadata: `${last}-${last}` });
    await start();
    await arrive(0, calls('acme', 1));
    const [now] = (await sums()) as [{ decisions: number }];
    expect(now.decisions - (before as [{ decisions: number }])[0].decisions).toBe(2);
    expect(await days('decisions', 'acme')).toEqual(['2 of 20 days ago', '3 of 0 days ago']);
    expect(made).toBeGreaterThan(0);
  });

  it('is noted once, however often it is taken out', async () => {
    const rows = await stored.rows<{ n: number }>(
      `SELECT toInt32(sum(rows)) AS n FROM (SELECT * FROM db.expired_rows FINAL) WHERE rollup = 'decisions_by_minute'`,
    );
    expect(rows).toEqual([{ n: 7 }]);
  });
});

type Hold = { tenant: string; status: string; reason: string; author: string };
async function ask<Body = Hold>(person: Person | undefined, request: string, reason?: string, ifMatch?: string) {
  const [method, url] = request.split(' ') as ['GET' | 'PUT' | 'DELETE', string];
  const headers = { ...(person && people.bearer(person)), ...(ifMatch !== undefined && { 'if-match': ifMatch }) };
  const answer = await audit.app.inject({ method, url, headers, ...(reason !== undefined && { payload: { reason } }) });
  return { status: answer.statusCode, body: answer.json<Body>(), etag: answer.headers['etag'] };
}
const ACME = '/v1/legal-holds/acme';
const hold = (reason: string, tenant = 'acme') => ask('operator', `PUT /v1/legal-holds/${tenant}`, reason, '*');
const release = (tenant: string) => ask('operator', `DELETE /v1/legal-holds/${tenant}`, undefined, '*');
const isSound = async (tenant: string) => (await verified(tenant, '2020-01-01')).sound;

describe('a tenant under legal hold', () => {
  const all = ['2 of 420 days ago', '1 of 0 days ago'];

  it('keeps the days that have expired, while another’s go; the record verifies', async () => {
    await people.say({ [tenantKey('court')]: { id: 'court', status: 'active' } });
    await arrive(420, [...calls('court', 2), ...calls('free', 1)]);
    await arrive(0, [...calls('court', 1), ...calls('free', 1)]);
    await sign();
    await waitFor(async () => (await hold('Case 17.', 'court')).status === 200, { what: 'the tenant to be known' });
    // The decisions and calls of the other.
    expect(await sweep()).toBe(2);
    for (const table of ['decisions', 'calls'] as const) {
      expect(await days(table, 'court')).toEqual(all);
      expect(await days(table, 'free')).toEqual(['1 of 0 days ago']);
    }
    expect([await isSound('court'), await isSound('free')]).toEqual([true, true]);
  });

  it('is as held after a restart, and when the hold is set in the middle of a sweep', async () => {
    await audit.app.close();
    await start();
    expect(await sweep()).toBe(0);
    await release('court');
    const expired = audit.app.get(ExpiredDays);
    const before = expired.before.bind(expired);
    vi.spyOn(expired, 'before').mockImplementationOnce(async (...asked) => {
      const found = await before(...asked);
      expect(found.map(({ tenant_id }) => tenant_id)).toEqual(['court']);
      await hold('Case 17.', 'court');
      return found;
    });
    expect(await sweep()).toBe(0);
    expect(await days('decisions', 'court')).toEqual(all);
  });

  it('loses them with the next sweep once it is released', async () => {
    expect((await release('court')).body).toMatchObject({ tenant: 'court', status: 'released' });
    expect(await sweep()).toBe(2);
    expect(await days('decisions', 'court')).toEqual(all.slice(1));
    expect(await isSound('court')).toBe(true);
  });
});

describe('the routes of legal holds', () => {
  it('change nothing when the same is said again, and show what was said last', async () => {
    const first = await hold('Because of a case.');
    expect((await hold('Because of a case.')).etag).toBe(first.etag);
    const other = await ask('operator', `PUT ${ACME}`, 'Another case.', first.etag);
    expect(other).toMatchObject({ status: 200, body: { status: 'held', author: 'va_operator' } });
    expect(other.etag).not.toBe(first.etag);
    expect(await ask('operator', `GET ${ACME}`)).toEqual(other);
  });

  it('show the administrator of a tenant its own hold, and the operator all of them, page by page', async () => {
    expect((await ask('operator', 'PUT /v1/legal-holds/globex', 'A third case.', '*')).status).toBe(200);
    const list = async (who: Person, query = '') => {
      const { body } = await ask<{ data: Hold[]; next_cursor?: string }>(who, `GET /v1/legal-holds${query}`);
      return { tenants: body.data.map(({ tenant, reason }) => `${tenant}: ${reason}`), next: body.next_cursor };
    };
    expect((await list('ada')).tenants).toEqual(['acme: Another case.']);
    expect((await ask('ada', `GET ${ACME}`)).body.reason).toBe('Another case.');
    const page = await list('operator', '?limit=1');
    expect(page.tenants).toEqual(['acme: Another case.']);
    expect(await list('operator', `?after=${page.next}`)).toEqual({ tenants: ['globex: A third case.'] });
  });

  it('are 400, 401, 403, 404, 412 and 428 where they have to be', async () => {
    const GLOBEX = '/v1/legal-holds/globex';
    const asked: [number, Person | undefined, string, string?, string?][] = [
      [400, 'operator', `PUT ${ACME}`, '', '*'],
      [400, 'operator', 'GET /v1/legal-holds?after=x'],
      [401, undefined, `GET ${ACME}`],
      [403, 'ada', `PUT ${ACME}`, 'Mine.', '*'],
      [403, 'ada', `DELETE ${ACME}`, undefined, '*'],
      [403, 'dev', `GET ${ACME}`],
      [403, 'dev', 'GET /v1/legal-holds'],
      [404, 'ada', `GET ${GLOBEX}`],
      [404, 'ada', `PUT ${GLOBEX}`, 'Yours.', '*'],
      [404, 'ada', `DELETE ${GLOBEX}`, undefined, '*'],
      [404, 'ada', 'GET /v1/legal-holds?tenant=globex'],
      [404, 'operator', 'PUT /v1/legal-holds/nowhere', 'Nobody.', '*'],
      [404, 'operator', 'GET /v1/legal-holds/platform'],
      [404, 'operator', 'DELETE /v1/legal-holds/platform', undefined, '*'],
      [412, 'operator', `PUT ${ACME}`, 'Late.', '"1"'],
      [412, 'operator', `DELETE ${ACME}`, undefined, '"1"'],
      [428, 'operator', `PUT ${ACME}`, 'Blind.'],
      [428, 'operator', `DELETE ${ACME}`],
    ];
    const answers = [];
    for (const [, ...each] of asked) answers.push([(await ask(...each)).status, each[1]]);
    expect(answers).toEqual(asked.map(([status, , request]) => [status, request]));
  });

  it('show nothing any longer of what somebody wrote who was erased', async () => {
    const keys = audit.app.get(SubjectKeys, { strict: false });
    const [gone, there] = [await keys.seal('user_gone', 'By one.'), await keys.seal('user_dev', 'By another.')];
    const empty = { teams: [], groups: [], labels: {}, ownerTeam: null, email: null, name: null, operator: false };
    const erased = { id: 'user_gone', kind: 'user', tenantId: 'acme', status: 'deleted', epoch: 2, erased: true };
    await people.say({ [principalKey('user_gone')]: { ...erased, ...empty } });
    await waitFor(() => audit.app.get(IdentityView, { strict: false }).principal('user_gone')?.erased);
    expect(await audit.app.get(ErasedAuthors).sweep()).toBe(1);
    expect([await keys.open(gone), await keys.open(there)]).toEqual([undefined, 'By another.']);
    expect((await ask('operator', `GET ${ACME}`)).body.reason).toBe('Another case.');
  });
});
