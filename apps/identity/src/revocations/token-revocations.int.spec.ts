import { IdentityView } from '#libs/access';
import { credentialKey, revocationKey, topics } from '#libs/contracts';
import { step } from '#libs/event-store';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiKeyAggregate } from '../aggregates.js';
import { Identity } from '../identity.fixture.js';
import { Forgetting } from './forgetting.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
const ada = (route: string, body?: unknown) => identity.ask(people.ada.key, route, body);
const ends = (id: string, issuedAt: string) =>
  identity.app.get(IdentityView, { strict: false }).revocations.ends(`principal/${id}`, Date.parse(issuedAt));
/** The last word on a key of the state topic: its value, null for a tombstone. */
const lastOf = (key: string) =>
  identity.bus.log.read(topics.identityState.name, 0, 0n, 100_000).findLast((record) => String(record.key) === key)
    ?.value;
const days = (count: number) => count * 86_400_000;

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
});
afterAll(() => identity.close());

describe('POST …/revoke-tokens', () => {
  it.each([
    ['users', () => people.con.id],
    ['virtual-accounts', async () => (await ada('POST /v1/virtual-accounts', { name: 'etl' })).body.id],
  ])('of %s ends what was issued until now at every guard, and nothing of afterwards', async (collection, make) => {
    const id: string = await make();
    const { status, body } = await ada(`POST /v1/${collection}/${id}/revoke-tokens`, { reason: 'laptop stolen' });
    expect([status, body.propagation]).toEqual([200, 'published']);
    expect(body).toMatchObject({ object: 'revocation', kind: 'principal', id });
    await waitFor(() => ends(id, body.revoked_at));
    expect(ends(id, new Date(Date.parse(body.revoked_at) + 1_000).toISOString())).toBe(false);
  });

  it('leaves keys alone: they are ended by themselves', async () => {
    await ada(`POST /v1/users/${people.con.id}/revoke-tokens`);
    expect((await identity.ask(people.con.key, 'GET /v1/users')).status).toBe(403);
  });

  it('moves on when it is repeated, and every replica is waited for anew', async () => {
    const first = (await ada(`POST /v1/users/${people.con.id}/revoke-tokens`)).body.revoked_at;
    const proof = async () => (await ada(`GET /v1/revocations/${people.con.id}`)).body;
    await waitFor(async () => (await proof()).replicas.some(({ state }: { state: string }) => state === 'applied'));
    const again = await ada(`POST /v1/users/${people.con.id}/revoke-tokens`);
    expect(again.body.revoked_at > first).toBe(true);
    await waitFor(async () => (await proof()).complete);
    expect(await proof()).toMatchObject({
      object: 'revocation',
      kind: 'principal',
      id: people.con.id,
      revoked_at: again.body.revoked_at,
      position: again.headers['gatehouse-position'],
    });
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    const path = `POST /v1/users/${people.con.id}/revoke-tokens`;
    expect((await ada(path, { everything: true })).status).toBe(400);
    expect((await identity.ask(undefined, path)).status).toBe(401);
    expect((await identity.ask(people.con.key, path)).status).toBe(403);
    expect((await identity.ask(people.gil.key, path)).status).toBe(404);
    expect((await ada('POST /v1/virtual-accounts/va_0/revoke-tokens')).status).toBe(404);
    expect((await identity.ask(people.gil.key, `GET /v1/revocations/${people.con.id}`)).status).toBe(404);
  });
});

describe('what has ended by itself is forgotten', () => {
  it('a revocation, once no token can be left that it concerns', async () => {
    await ada(`POST /v1/users/${people.ada.id}/revoke-tokens`);
    const key = revocationKey('principal', people.ada.id);
    await waitFor(() => lastOf(key) !== undefined);
    const forgetting = identity.app.get(Forgetting);
    await forgetting.forget();
    expect((await ada(`GET /v1/revocations/${people.ada.id}`)).status).toBe(200);
    identity.clock.shiftMs += days(1) + 301_000;
    await forgetting.forget();
    await waitFor(() => lastOf(key) === null, { what: 'the tombstone' });
    expect((await ada(`GET /v1/revocations/${people.ada.id}`)).status).toBe(404);
  });

  it('a key, a compaction’s time after its expiry; one that is revoked and never expires stays', async () => {
    const owner = `user:${people.con.id}`;
    const short = (await ada('POST /v1/api-keys', { name: 'short', owner, expires_in_seconds: 60 })).body.id;
    const endless = (await ada('POST /v1/api-keys', { name: 'endless', owner })).body.id;
    await ada(`POST /v1/api-keys/${endless}/revoke`);
    const forgetting = identity.app.get(Forgetting);
    identity.clock.shiftMs += days(7);
    await forgetting.forget();
    expect(lastOf(credentialKey(short))).toBeTruthy();
    identity.clock.shiftMs += 61_000;
    await forgetting.forget();
    await waitFor(() => lastOf(credentialKey(short)) === null, { what: 'the tombstone' });
    expect(lastOf(credentialKey(endless))?.toString()).toContain('revoked');
    // What comes to an expired key afterwards brings no record of it back.
    const revoke = { type: 'RevokeApiKey' as const, keyId: short, tenantId: 'acme', at: identity.clock.nowIso() };
    const context = { actor: 'spec', tenantId: 'acme', requestId: 'spec', decisionId: 'spec' };
    const { position } = await identity.store.events.executeAll([step(apiKeyAggregate, short, revoke)], { context });
    await waitFor(async () => (await identity.store.events.position()) >= position);
    await forgetting.forget();
    expect(lastOf(credentialKey(short))).toBeNull();
  });
});
