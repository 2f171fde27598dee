import { randomBytes } from 'node:crypto';
import { topics } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';

const DAY_MS = 86_400_000;
const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
const ops = (route: string, body?: object) => identity.ask(identity.operator, route, body);
const issue = async () =>
  (await ops('POST /v1/api-keys', { tenant: 'acme', name: 'spec', owner: `user:${people.con.id}` })).body;
const keyOf = async (id: string) => (await ops(`GET /v1/api-keys/${id}`)).body;
const used = (keyId: string, usedAt: string) =>
  identity.told(topics.auditKeyUses, 'acme', { tenantId: 'acme', uses: [{ keyId, usedAt }] });
const minuteOf = (ms: number) => new Date(Math.floor(ms / 60_000) * 60_000).toISOString();
const finding = (key: { id: string; created_at: string }, change: object = {}) => ({
  kind: 'key-unused',
  findingId: randomBytes(16).toString('hex'),
  tenantId: 'acme',
  at: identity.clock.nowIso(),
  keyId: key.id,
  ownerId: people.con.id,
  unusedSince: key.created_at,
  lastUsedAt: null,
  rule: 'key-policy/keys/rules/0',
  ...change,
});
const find = (key: { id: string; created_at: string }, change?: object) =>
  identity.told(topics.auditFindings, 'acme', finding(key, change));
/** Findings are taken in order, so what came before one that was acted upon has been looked at. */
async function everythingTaken() {
  const marker = await issue();
  await identity.pass(100 * DAY_MS);
  await find(marker);
  await waitFor(async () => (await keyOf(marker.id)).status === 'revoked', { what: 'the marker' });
}

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
  const rule = { when: { kinds: ['pat'] }, idleExpirySeconds: 86_400 * 60, revokeUnusedAfterSeconds: 86_400 * 90 };
  await identity.publish('acme', [{ kind: 'KeyPolicy', metadata: { name: 'keys' }, spec: { rules: [rule] } }]);
});
afterAll(() => identity.close());

describe('the last use of a key', () => {
  it('is shown to the minute, in the list too, and moves forward only', async () => {
    const { id } = await issue();
    const [early, late] = [minuteOf(identity.clock.nowMs()), minuteOf(identity.clock.nowMs() + 120_000)];
    expect((await keyOf(id)).last_used_at).toBeNull();
    await used(id, late);
    await waitFor(async () => (await keyOf(id)).last_used_at === late);
    await used(id, early);
    await used(id, late);
    const { body } = await ops('GET /v1/api-keys?tenant=acme&limit=200');
    expect(body.data.find((key: { id: string }) => key.id === id).last_used_at).toBe(late);
  });

  it('is believed from nobody but audit', async () => {
    const { id } = await issue();
    const value = { tenantId: 'acme', uses: [{ keyId: id, usedAt: minuteOf(identity.clock.nowMs()) }] };
    await identity.told(topics.auditKeyUses, 'acme', value, randomBytes(32));
    const other = await issue();
    await used(other.id, minuteOf(identity.clock.nowMs()));
    await waitFor(async () => (await keyOf(other.id)).last_used_at !== null);
    expect((await keyOf(id)).last_used_at).toBeNull();
  });

  it('is told to every guard where keys get idle, once a day however often it advances', async () => {
    const { id } = await issue();
    const start = identity.clock.nowMs();
    for (const hours of [0, 1, 2, 23, 25]) await used(id, minuteOf(start + hours * 3_600_000));
    const last = minuteOf(start + 25 * 3_600_000);
    await waitFor(async () => (await keyOf(id)).last_used_at === last);
    const told = async () =>
      identity.rows<{ data: { usedAt: string } }>(
        `select data from events where type = 'identity.api-key.used' and stream like '%${id}' order by position`,
      );
    await waitFor(async () => (await told()).at(-1)?.data.usedAt === last);
    const events = await told();
    expect(events.map(({ data }) => data.usedAt)).toEqual([minuteOf(start), last]);
  });
});

describe('a key that audit has found unused', () => {
  it('is revoked by policy, which the key and its history say; again it changes nothing', async () => {
    const key = await issue();
    await identity.pass(90 * DAY_MS);
    await find(key);
    await waitFor(async () => (await keyOf(key.id)).status === 'revoked');
    expect(await keyOf(key.id)).toMatchObject({ status: 'revoked', revocation_cause: 'unused' });
    await find(key);
    await everythingTaken();
    const events = await identity.rows<{ actor: string }>(
      `select actor from events where type = 'identity.api-key.revoked' and stream like '%${key.id}'`,
    );
    expect(events).toEqual([{ actor: 'key-policy' }]);
  });

  it('stays where a use was heard of that the finding did not know, however late', async () => {
    const key = await issue();
    await used(key.id, minuteOf(identity.clock.nowMs() + 20 * DAY_MS));
    await waitFor(async () => (await keyOf(key.id)).last_used_at !== null);
    await identity.pass(95 * DAY_MS);
    await find(key);
    const fresh = await issue();
    await find(fresh, { unusedSince: key.created_at });
    await everythingTaken();
    expect((await keyOf(key.id)).status).toBe('active');
  });

  it('stays where it is younger than its policy’s bound, was rotated since, or no policy says so', async () => {
    const first = await issue();
    await identity.pass(15 * DAY_MS);
    const [young, rotated, second] = [await issue(), await issue(), await issue()];
    const account = await ops('POST /v1/virtual-accounts', { tenant: 'acme', name: 'etl' });
    const unpoliced = (
      await ops('POST /v1/api-keys', { tenant: 'acme', name: 'x', owner: `virtual-account:${account.body.id}` })
    ).body;
    await identity.pass(80 * DAY_MS);
    await ops(`POST /v1/api-keys/${rotated.id}/rotate`);
    await find(young);
    await find(first);
    await waitFor(async () => (await keyOf(first.id)).status === 'revoked');
    await identity.pass(15 * DAY_MS);
    for (const key of [rotated, unpoliced, second]) await find(key);
    await waitFor(async () => (await keyOf(second.id)).status === 'revoked');
    for (const { id } of [young, rotated, unpoliced]) expect((await keyOf(id)).status).toBe('active');
  });

  it('is revoked by nobody’s word but audit’s', async () => {
    const key = await issue();
    await identity.pass(95 * DAY_MS);
    await identity.told(topics.auditFindings, 'acme', finding(key), randomBytes(32));
    await everythingTaken();
    expect((await keyOf(key.id)).status).toBe('active');
  });
});
