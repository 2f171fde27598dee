import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { account, binding, bundle, Policy, role } from '../policy.fixture.js';

const policy = new Policy();
beforeAll(() => policy.open());
afterAll(() => policy.close());

const revisions = async () => (await policy.ask('ada', 'GET /v1/revisions')).body.data.length as number;
const test = (...lines: string[]) =>
  ['apiVersion: gatehouse/v1', 'kind: PolicyTest', 'metadata: {name: t, tenant: acme}', ...lines].join('\n');
const people = 'principals: {con: {id: "user:con@acme.example"}}';
const requests = 'requests: {reads: {action: key:read, resource: "key:k1"}}';
const expecting = (decision: string) =>
  `tests: [{name: con reads, input: {principals: [con], requests: [reads]}, expected: ${decision}}]`;
const allowed = '[{principal: con, request: reads, decision: allow, by: [reader/one]}]';
const reader = bundle(role('reader'), binding('readers', 'user:con@acme.example', ['reader']));

it('refuses a bundle with a failing test, at the place of the test, and applies nothing of it', async () => {
  const before = await revisions();
  const { status, body } = await policy.apply('ada', bundle(reader, test(people, requests, expecting('[]'))));
  expect([status, body.code]).toEqual([422, 'policy/invalid']);
  expect(body.errors).toEqual([
    expect.objectContaining({ rule: 'test-failed', line: 10, document: 'PolicyTest/t', pointer: '/tests/0' }),
  ]);
  expect(body.errors[0].message).toContain('expected deny, as it is not listed; got allow');
  expect(await revisions()).toBe(before);
});

it('applies a bundle whose tests hold, and stores no test', async () => {
  const { status, body } = await policy.apply('ada', bundle(reader, test(people, requests, expecting(allowed))));
  expect([status, body.changes.map(({ kind }: { kind: string }) => kind)]).toEqual([200, ['Role', 'RoleBinding']]);
});

it('holds a bundle to its invariants: no new access since the set in force', async () => {
  const invariant = test('invariants: [{noNewAccessSince: current}]');
  const more = binding('more', 'user:con@acme.example', ['manager']);
  const { status, body } = await policy.apply('ada', bundle(more, invariant));
  expect([status, body.errors[0].rule, body.errors[0].pointer]).toEqual([422, 'test-failed', '/invariants/0']);
  expect((await policy.apply('ada', bundle(role('unbound'), invariant))).status).toBe(200);
});

it('tells who may change nothing about no test', async () => {
  const { status, body } = await policy.apply('con', bundle(reader, test(people, requests, expecting('[]'))));
  expect([status, body.errors]).toEqual([403, undefined]);
});

it('goes on answering while a bundle of a hundred thousand documents is looked at', async () => {
  const bundled = { isDone: false };
  const large = policy.apply('ada', 'a: 1\n---\n'.repeat(100_000)).finally(() => (bundled.isDone = true));
  // A small change has its own line, and need not wait for the large one.
  expect((await policy.apply('gil', role('meanwhile', 'globex'))).status).toBe(200);
  expect(bundled.isDone).toBe(false);
  const statuses: number[] = [];
  do {
    statuses.push((await policy.ask(undefined, 'GET /healthz')).status);
    await delay(10);
  } while (!bundled.isDone);
  expect((await large).status).toBe(422);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(statuses.length).toBeGreaterThan(10);
});

it('refuses upstream addresses that gateways would not call, unless the operator lists them', async () => {
  for (const url of [
    'http://127.0.0.1:9999/v1',
    'https://10.0.0.7/v1',
    'https://169.254.169.254/latest',
    'https://[::1]/v1',
    'http://api.example/v1',
  ]) {
    const { status, body } = await policy.apply('ada', account('inner', 'acme', url));
    expect([url, status, body.errors?.[0]?.rule, body.errors?.[0]?.pointer]).toEqual([
      url,
      422,
      'address-refused',
      '/spec/baseUrl',
    ]);
  }
  expect((await policy.apply('ada', account('listed', 'acme', 'http://127.0.0.1:8090/v1'))).status).toBe(200);
});
