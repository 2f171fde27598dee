import { topics, WATERMARK_KEY } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity, type Answer } from '../identity.fixture.js';

const identity = new Identity();
const ops = (route: string, body?: object, headers?: Record<string, string>) =>
  identity.ask(identity.operator, route, body, headers);
const status = async (key: string) => (await identity.ask(key, 'GET /v1/teams')).status;
let tenants = 0;

/** A tenant of its own with a user and an account, and a key for each. */
async function world() {
  const tenant = `t${(tenants += 1)}`;
  await ops('POST /v1/tenants', { name: tenant });
  const user = (await ops('POST /v1/users', { tenant, email: `u@${tenant}.example` })).body.id as string;
  const account = (await ops('POST /v1/virtual-accounts', { tenant, name: 'etl' })).body.id as string;
  const issue = (owner: string) => ops('POST /v1/api-keys', { tenant, name: 'spec', owner });
  const keys = [await issue(`user:${user}`), await issue('virtual-account:etl')].map(({ body }) => String(body.value));
  return { tenant, user, account, issue, keys };
}

beforeAll(async () => {
  await identity.open();
});
afterAll(() => identity.close());

type World = Awaited<ReturnType<typeof world>>;
const any = { 'if-match': '*' };
const endings: [string, (of: World) => Promise<Answer>, (of: World) => string][] = [
  ['suspending a user', ({ user }) => ops(`POST /v1/users/${user}/suspend`), ({ user }) => `user:${user}`],
  ['deactivating a user', ({ user }) => ops(`POST /v1/users/${user}/deactivate`), ({ user }) => `user:${user}`],
  [
    'suspending an account',
    ({ account }) => ops(`POST /v1/virtual-accounts/${account}/suspend`),
    () => 'virtual-account:etl',
  ],
  [
    'deleting an account',
    ({ account }) => ops(`DELETE /v1/virtual-accounts/${account}`, undefined, any),
    () => 'virtual-account:etl',
  ],
  ['suspending a tenant', ({ tenant }) => ops(`POST /v1/tenants/${tenant}/suspend`), ({ user }) => `user:${user}`],
  [
    'deleting a tenant',
    ({ tenant }) => ops(`DELETE /v1/tenants/${tenant}`, undefined, any),
    () => 'virtual-account:etl',
  ],
];

describe.each(endings)('%s', (_what, end, ownerOf) => {
  it('ends every key of theirs, and each that is issued at the same time', async () => {
    const of = await world();
    const owner = ownerOf(of);
    const issuing = Array.from({ length: 6 }, (_, n) => (n === 3 ? end(of) : of.issue(owner)));
    const answers = await Promise.all(issuing);
    expect([200, 202]).toContain(answers[3]?.status);
    const texts = answers.flatMap(({ body }) => (body?.value ? [String(body.value)] : []));
    const own = owner.startsWith('user:') ? of.keys[0] : of.keys[1];
    for (const text of [String(own), ...texts]) {
      await waitFor(async () => (await status(text)) === 401, { what: 'the end of a key' });
    }
    // Nor does one come to life that is asked for afterwards, where it is still to be had at all.
    const late = (await of.issue(owner)).body?.value as string | undefined;
    expect(late === undefined || (await status(late)) === 401).toBe(true);
  });
});

/** What guards have been told, in order. */
const stateRecords = () =>
  identity.bus.log
    .read(topics.identityState.name, 0, 0n, 100_000)
    .map(({ key, value }) => ({ key: String(key), value: String(value) }))
    .filter(({ key }) => key !== WATERMARK_KEY);

it.each<[string, string, (of: World) => Promise<Answer>]>([
  ['suspending a user', 'principal/', ({ user }) => ops(`POST /v1/users/${user}/suspend`)],
  ['deactivating a user', 'principal/', ({ user }) => ops(`POST /v1/users/${user}/deactivate`)],
  ['suspending an account', 'principal/', ({ account }) => ops(`POST /v1/virtual-accounts/${account}/suspend`)],
  ['deleting an account', 'principal/', ({ account }) => ops(`DELETE /v1/virtual-accounts/${account}`, undefined, any)],
  ['suspending a tenant', 'tenant/', ({ tenant }) => ops(`POST /v1/tenants/${tenant}/suspend`)],
  ['deleting a tenant', 'tenant/', ({ tenant }) => ops(`DELETE /v1/tenants/${tenant}`, undefined, any)],
])('%s: the first record that says so is one of %s… and ends every key by itself', async (what, kind, end) => {
  const of = await world();
  for (const owner of [`user:${of.user}`, 'virtual-account:etl']) await of.issue(owner);
  const before = stateRecords();
  await end(of);
  const [first, ...others] = stateRecords().slice(before.length);
  expect(first?.key.startsWith(kind)).toBe(true);
  // What follows only repeats, key by key, what every guard goes by already.
  const { status: said, epoch } = JSON.parse(first?.value ?? '{}') as { status: string; epoch?: number };
  expect([said !== 'active', epoch === 2]).toContain(true);
  const repeats = what === 'deactivating a user' || what === 'deleting an account';
  expect(others.filter(({ key }) => !(repeats && key.startsWith('credential/')))).toEqual([]);
});
