import { topics } from '#libs/contracts';
import { SubjectKeys } from '#libs/event-store';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binding, document, Policy } from '../policy.fixture.js';
import { GatewayTwin } from './decisions.fixture.js';
import { LedgerBooks } from './ledger-books.adapter.js';
import { LedgerRetention } from './ledger-retention.js';

const policy = new Policy();
const gateway = new GatewayTwin();
const bounds = { timeoutMs: 30_000, what: 'the calls to be booked' };
const usage = {
  type: 'external_usage',
  account: 'user:con@acme.example',
  against: 'external:console',
  amount: '2.500',
  currency: 'USD',
  calls: 3,
  input_tokens: 100,
  output_tokens: 20,
  at: '2026-11-28T09:00:10Z',
  reason: 'used in the console',
};
const correction = {
  type: 'correction',
  account: 'user:user_con',
  against: 'provider-account:local',
  amount: '-0.00007',
  currency: 'USD',
  at: '2026-11-28T09:00:20Z',
  reason: 'the price was wrong',
};
const day = 'from=2026-11-28T00:00:00Z&to=2026-11-29T00:00:00Z';
const LIST = `GET /v1/ledger?${day}`;
const BALANCES = 'GET /v1/ledger/balances?window=day&at=2026-11-28T12:00:00Z';
const amounts = (data: { type: string; amount: string }[]) => data.map(({ type, amount }) => `${type} ${amount}`);
const booked = (count: number) =>
  waitFor(async () => {
    const [row] = await policy.rows<{ n: string }>('select coalesce(sum(calls), 0) as n from ledger_minutes_v1');
    return Number(row?.n) >= count;
  }, bounds);

beforeAll(async () => {
  await policy.open();
  policy.keys.mona = await policy.identity.user('acme', 'user_mona', 'mona@acme.example');
  const roles = [binding('dev', 'user:user_con', ['developer']), binding('mgr', 'user:user_mona', ['manager'])];
  const settings = document('TenantSettings', 'acme', 'settings', { timeZone: 'Europe/Berlin' });
  const applied = await policy.apply('ada', [...roles, settings].join('\n---\n'));
  if (applied.status !== 200) throw new Error(applied.text);
  await gateway.send(
    policy.bus,
    gateway.completed(),
    gateway.completed({ at: '2026-11-28T09:00:59.999Z', cost: '0.00003' }),
    gateway.completed({ at: '2026-11-28T09:01:00.000Z', cost: '0', input_tokens: 0, output_tokens: 0 }),
    gateway.completed({ principal_id: 'user_mona', at: '2026-11-28T09:02:00.000Z', cost: '100000000000.000000000001' }),
    gateway.completed({ tenant_id: 'globex', principal_id: 'user_gil', cost: '7' }),
  );
  await booked(5);
});
afterAll(() => policy.close());

describe('the ledger', () => {
  it('has one entry for a minute of one caller on one model, with exact sums, newest first', async () => {
    const { status, body } = await policy.ask('ada', LIST);
    expect(status).toBe(200);
    expect(amounts(body.data)).toEqual(['calls 100000000000.000000000001', 'calls 0', 'calls 0.0002']);
    expect(body.data.at(-1)).toMatchObject({
      minute: '2026-11-28T09:00:00.000Z',
      debit: 'user:user_con',
      credit: 'provider-account:local',
      calls: 2,
      input_tokens: 24,
      output_tokens: 10,
      author: null,
      reason: null,
    });
  });

  it('takes external usage, 201, once for an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'usage-1' };
    const first = await policy.ask('mona', 'POST /v1/ledger', usage, headers);
    const again = await policy.ask('mona', 'POST /v1/ledger', usage, headers);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(first.body).toMatchObject({
      type: 'external_usage',
      debit: 'user:user_con',
      credit: 'external:console',
      amount: '2.5',
      author: 'user_mona',
      reason: 'used in the console',
    });
    const { body } = await policy.ask('ada', `${LIST}&type=external_usage`);
    expect(body.data).toEqual([first.body]);
  });

  it('takes a correction downwards as an entry the other way round', async () => {
    const { status, body } = await policy.ask('ada', 'POST /v1/ledger', correction);
    expect(status).toBe(201);
    expect(body).toMatchObject({ debit: 'provider-account:local', credit: 'user:user_con', amount: '0.00007' });
  });

  it('balances: over all accounts, what is owed is what is due', async () => {
    const { body } = await policy.ask('ada', BALANCES);
    const balances = Object.fromEntries(
      body.data.map(({ account, balance }: Record<string, string>) => [account, balance]),
    );
    expect(balances).toEqual({
      'external:console': '-2.5',
      'provider-account:local': '-100000000000.000130000001',
      'user:user_con': '2.50013',
      'user:user_mona': '100000000000.000000000001',
    });
    expect(body.data[0]).toMatchObject({ from: '2026-11-27T23:00:00.000Z', to: '2026-11-28T23:00:00.000Z' });
  });

  it('gives pages without a gap or a repetition, entries as balances', async () => {
    for (const [path, whole] of [
      [`/v1/ledger`, await policy.ask('ada', LIST)],
      [`/v1/ledger/balances`, await policy.ask('ada', BALANCES)],
    ] as const) {
      const query = path === '/v1/ledger' ? day : 'window=day&at=2026-11-28T12:00:00Z';
      const seen: unknown[] = [];
      for (let after = ''; ;) {
        const { body } = await policy.ask('ada', `GET ${path}?${query}&limit=1${after}`);
        seen.push(...body.data);
        if (!body.has_more) break;
        after = `&after=${body.next_cursor}`;
      }
      expect(seen).toEqual(whole.body.data);
      expect(seen.length).toBeGreaterThan(3);
    }
  });

  it('narrows by account, model, type, currency and time', async () => {
    const counts = await Promise.all(
      [
        'account=user:user_mona',
        'model=local/llama-3',
        'type=correction',
        'currency=EUR',
        'account=external:console',
      ].map(async (filter) => (await policy.ask('ada', `${LIST}&${filter}`)).body.data.length),
    );
    expect(counts).toEqual([1, 3, 1, 0, 1]);
    const minute = await policy.ask('ada', 'GET /v1/ledger?from=2026-11-28T09:01:00Z&to=2026-11-28T09:02:00Z');
    expect(amounts(minute.body.data)).toEqual(['calls 0']);
  });

  it('is, for whoever may read only their own calls, their own account alone', async () => {
    const list = await policy.ask('con', LIST);
    expect(list.status).toBe(200);
    expect(list.text).not.toContain('user_mona@');
    for (const { debit, credit } of list.body.data) expect([debit, credit]).toContain('user:user_con');
    expect(list.body.data).toHaveLength(4);
    expect((await policy.ask('con', `${LIST}&account=user:user_mona`)).body.data).toEqual([]);
    const { body } = await policy.ask('con', BALANCES);
    expect(body.data.map(({ account }: { account: string }) => account)).toEqual(['user:user_con']);
    expect((await policy.ask('con', `${BALANCES}&account=provider-account:local`)).body.data).toEqual([]);
  });

  it('shows nothing of another tenant', async () => {
    expect((await policy.ask('ada', LIST)).text).not.toContain('user_gil');
    expect((await policy.ask('ada', `${LIST}&tenant=globex`)).status).toBe(404);
    expect((await policy.ask('operator', `${LIST}&tenant=globex`)).body.data).toHaveLength(1);
  });
});

describe('what is refused', () => {
  it('a body that is not one of an entry: 400', async () => {
    for (const body of [{ ...usage, amount: '-1' }, { ...correction, calls: 1 }, {}]) {
      expect((await policy.ask('ada', 'POST /v1/ledger', body)).status).toBe(400);
    }
  });

  it.each([
    ['the future', { ...usage, at: '2099-01-01T00:00:00Z' }, 'ledger-entry/time-not-kept'],
    ['what is long gone', { ...usage, at: '2001-01-01T00:00:00Z' }, 'ledger-entry/time-not-kept'],
    ['a correction of nothing', { ...correction, amount: '-0.0' }, 'ledger-entry/invalid'],
  ])('%s: 422', async (_what, body, code) => {
    const answer = await policy.ask('ada', 'POST /v1/ledger', body);
    expect([answer.status, answer.body.code]).toEqual([422, code]);
  });

  it.each([
    ['nobody', 'user:nobody@acme.example'],
    ['another tenant’s user', 'user:user_gil'],
    ['a user called a virtual account', 'virtual-account:user_con'],
  ])('a charge to %s: 404; to whoever may not post it is the 403 of any charge', async (_what, account) => {
    expect((await policy.ask('ada', 'POST /v1/ledger', { ...usage, account })).status).toBe(404);
    expect((await policy.ask('con', 'POST /v1/ledger', { ...usage, account })).status).toBe(403);
  });

  it('whoever may not adjust limits: 403, and nothing is posted', async () => {
    const before = await policy.rows('select entry_id from ledger_postings_v1');
    expect((await policy.ask('con', 'POST /v1/ledger', usage)).status).toBe(403);
    expect(await policy.rows('select entry_id from ledger_postings_v1')).toEqual(before);
  });

  it('nobody: 401', async () => {
    expect((await policy.ask(undefined, LIST)).status).toBe(401);
    expect((await policy.ask(undefined, BALANCES)).status).toBe(401);
    expect((await policy.ask(undefined, 'POST /v1/ledger', usage)).status).toBe(401);
  });

  it.each([
    '/v1/ledger?from=2026-11-29T00:00:00Z&to=2026-11-28T00:00:00Z',
    '/v1/ledger?from=2020-01-01T00:00:00Z&to=2026-11-28T00:00:00Z',
    '/v1/ledger?after=bm9uc2Vuc2U',
    `/v1/ledger?after=${Buffer.from('[1e300,0,"1"]').toString('base64url')}`,
    `/v1/ledger?after=${Buffer.from('[1,0,"1\' or true"]').toString('base64url')}`,
    `/v1/ledger/balances?after=${Buffer.from('["a\\u0000","USD"]').toString('base64url')}`,
    '/v1/ledger/balances?window=second',
    '/v1/ledger?limit=1000',
    '/v1/ledger?colour=red',
  ])('%s: 400', async (path) => {
    expect((await policy.ask('ada', `GET ${path}`)).status).toBe(400);
  });
});

describe('what is kept', () => {
  it('is no reason in clear, and none that can be read once its author is erased', async () => {
    const stored = JSON.stringify([
      await policy.rows('select * from ledger_postings_v1'),
      await policy.rows('select * from events'),
      policy.records,
    ]);
    expect(stored).toContain('user_mona');
    expect(stored).not.toMatch(/used in the console|the price was wrong|@acme\.example/);
    expect(policy.topicText(topics.policyEvents.name)).not.toContain('used in the console');
    await policy.app.get(SubjectKeys, { strict: false }).erase('user_mona');
    const { body } = await policy.ask('ada', `${LIST}&type=external_usage`);
    expect(body.data[0].reason).toBe('(erased)');
  });

  it('is the same when the postings are folded again', async () => {
    const before = await policy.rows('select * from ledger_postings_v1 order by entry');
    await policy.store.projections.rebuild('ledger_postings_v1');
    expect(await policy.rows('select * from ledger_postings_v1 order by entry')).toEqual(before);
    expect(before).toHaveLength(2);
  });

  it('goes when it is older than is kept, and with its tenant', async () => {
    const retention = policy.app.get(LedgerRetention, { strict: false });
    const books = policy.app.get(LedgerBooks, { strict: false });
    const old = new Date(Date.now() - 801 * 86_400_000).toISOString();
    const twin = new GatewayTwin();
    await books.book(0, [twin.completed({ at: old })]);
    await books.book(1, [twin.completed({ tenant_id: 'gone' })]);
    expect(await retention.sweep()).toBe(1);
    await policy.identity.tenant('gone', 'deleted');
    await policy.ask('ada', LIST);
    await waitFor(async () => (await retention.sweep()) === 1, bounds);
    const left = await policy.rows<{ tenant_id: string }>(
      'select distinct tenant_id from ledger_minutes_v1 order by 1',
    );
    expect(left.map((row) => row.tenant_id)).toEqual(['acme', 'globex']);
  });
});
