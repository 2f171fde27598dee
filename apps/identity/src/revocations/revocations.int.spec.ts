import { randomBytes } from 'node:crypto';
import { deriveMacKey, sealRecord } from '#libs/bus';
import { topics, type ReplicaRecord } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';
import { ReplicaReports } from './replica-reports.adapter.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
const ada = (route: string, body?: unknown) => identity.ask(people.ada.key, route, body);
let count = 0;

type Told = { replica: string; position: number; at?: string; stopped?: boolean };
/** A replica's report, as its own process sends one; `key` forges when it is another. */
async function report({ replica, position, at, stopped = false }: Told, key: Buffer = identity.busKey) {
  count += 1;
  const applied = { [topics.identityState.name]: { offset: '0', generation: 1, epoch: 1, position } };
  const when = at ?? identity.clock.nowIso();
  const told: ReplicaRecord = { replica, service: 'gateway', boot: 'b', at: when, applied, stopped };
  const value = Buffer.from(JSON.stringify(told));
  const record = { topic: topics.gatewayReplicas.name, key: replica, value, generation: 0, epoch: 1, position: count };
  const envelope = { id: `${count}`, source: '/spec', type: 'gateway.replica.reported', time: when, schema: 1 };
  await identity.bus.publish([sealRecord(deriveMacKey(key), record, envelope)]);
}

async function revoked() {
  const key = (await ada('POST /v1/api-keys', { name: 'x', owner: 'user:con@acme.example' })).body.id as string;
  const { headers } = await ada(`POST /v1/api-keys/${key}/revoke`);
  return { key, position: Number(headers['gatehouse-position']?.split(':')[1]) };
}

type Shown = { replica: string; state: string; applied_at: string | null };
const stateOf = async (key: string, replica: string) => {
  const { body } = await ada(`GET /v1/revocations/${key}`);
  return (body.replicas as Shown[]).find((each) => each.replica === replica);
};
const becomes = (key: string, replica: string, state: string) =>
  waitFor(async () => (await stateOf(key, replica))?.state === state, { what: `${replica} ${state}` });

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
});
afterAll(() => identity.close());

describe('GET /v1/revocations/{keyId}', () => {
  it('shows identity’s own guards, which have applied it before they answered anything else', async () => {
    const { key, position } = await revoked();
    await becomes(key, 'identity-1', 'applied');
    const { status, body } = await ada(`GET /v1/revocations/${key}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      object: 'revocation',
      key_id: key,
      status: 'revoked',
      position: `identity:${position}`,
    });
  });

  it('waits for a replica until it reports the position of the revocation, and says when that was', async () => {
    await report({ replica: 'gateway-1', position: 0 });
    const { key, position } = await revoked();
    await becomes(key, 'gateway-1', 'pending');
    expect((await ada(`GET /v1/revocations/${key}`)).body.complete).toBe(false);
    await report({ replica: 'gateway-1', position: position - 1 });
    const at = identity.clock.nowIso();
    await report({ replica: 'gateway-1', position, at });
    await becomes(key, 'gateway-1', 'applied');
    expect(await stateOf(key, 'gateway-1')).toMatchObject({ applied_at: at });
    await report({ replica: 'gateway-1', position: position + 5 });
    expect(await stateOf(key, 'gateway-1')).toMatchObject({ applied_at: at });
  });

  it('is proved by a report that is kept before identity’s own list knows of the revocation', async () => {
    const { key, position } = await revoked();
    const { em, projections } = identity.store;
    await em.fork().execute('update key_list_v1 set body = body || \'{"revokedPosition": null}\' where id = ?', [key]);
    await em.fork().execute("update projections set position = 0 where name = 'key_list_v1'");
    await identity.app.get(ReplicaReports).keep({
      replica: 'gateway-early',
      service: 'gateway',
      boot: 'b',
      at: identity.clock.nowIso(),
      applied: { [topics.identityState.name]: { offset: '0', generation: 1, epoch: 1, position } },
      stopped: false,
    });
    await projections.catchUp();
    expect(await stateOf(key, 'gateway-early')).toMatchObject({ state: 'applied' });
  });

  it('takes no report whose MAC is wrong', async () => {
    const { key, position } = await revoked();
    await report({ replica: 'gateway-2', position: 0 });
    await becomes(key, 'gateway-2', 'pending');
    await report({ replica: 'gateway-2', position }, randomBytes(32));
    await report({ replica: 'gateway-2', position, stopped: true }, randomBytes(32));
    await report({ replica: 'forged', position }, randomBytes(32));
    await report({ replica: 'gateway-3', position });
    await becomes(key, 'gateway-3', 'applied');
    expect(await stateOf(key, 'gateway-2')).toMatchObject({ state: 'pending', applied_at: null });
    expect(await stateOf(key, 'forged')).toBeUndefined();
  });

  it('takes no old report for a new one: sent again it makes nobody stopped or silent', async () => {
    const old = new Date(identity.clock.nowMs() - 60_000).toISOString();
    await report({ replica: 'gateway-4', position: 0, at: old, stopped: true });
    await report({ replica: 'gateway-4', position: 0 });
    const { key, position } = await revoked();
    await becomes(key, 'gateway-4', 'pending');
    await report({ replica: 'gateway-4', position: 0, at: old, stopped: true });
    await report({ replica: 'gateway-5', position });
    await becomes(key, 'gateway-5', 'applied');
    expect(await stateOf(key, 'gateway-4')).toMatchObject({ state: 'pending' });
  });

  it('counts a replica that is silent for longer than its lease as fenced, and one that went down as stopped', async () => {
    await report({ replica: 'gateway-6', position: 0 });
    await report({ replica: 'gateway-7', position: 0, stopped: true });
    const { key } = await revoked();
    expect(await becomes(key, 'gateway-7', 'stopped')).toBe(true);
    await becomes(key, 'gateway-6', 'pending');
    identity.clock.shiftMs += 10_500;
    await becomes(key, 'gateway-6', 'fenced');
    identity.clock.shiftMs -= 10_500;
  });

  it('is 401, 403 and 404 where it has to be, also for a key that was not revoked', async () => {
    const { key } = await revoked();
    expect((await identity.ask(undefined, `GET /v1/revocations/${key}`)).status).toBe(401);
    const other = `GET /v1/revocations/${people.ada.keyId}`;
    expect((await identity.ask(people.con.key, other)).status).toBe(403);
    expect((await identity.ask(people.gil.key, `GET /v1/revocations/${key}`)).status).toBe(404);
    expect((await ada(other)).status).toBe(404);
    expect((await ada('GET /v1/revocations/nothing')).status).toBe(404);
  });
});
