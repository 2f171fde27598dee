import { KafkaBus, LOG_LEASE_MS } from '#libs/bus';
import {
  AccessDecided,
  credentialKey,
  DecisionBatch,
  principalKey,
  ReplicaRecord,
  tenantKey,
  topics,
} from '#libs/contracts';
import { freshName, leastMs, testStack, waitFor } from '#libs/testing';
import { DecisionSpool } from '#libs/spool';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authenticator } from '../authentication/authenticator.js';
import { NOBODY } from '../decisions/decision-entry.js';
import { DecisionLog } from '../decisions/decision-log.js';
import { acme, ada, credentialOf, noPolicy, NOW_MS, peppers } from '../identity/identity.fixture.js';
import { mintKeyText } from '../keys/key-text.js';
import { Publisher, role } from '../policy/policy.fixture.js';
import { feedOn, ownTopics, StateWriter } from './feed.fixture.js';

const names = ownTopics(freshName('feed'));
const key = mintKeyText('pat', 'p');
const active = credentialOf(key);
const reports = new Map<string, ReplicaRecord>();
/** From the broker's acknowledgement of a revocation until every replica refuses the key. */
const SOON_MS = 400;

let bus: KafkaBus;
let identityWriter: StateWriter;
let policyWriter: StateWriter;
let pulse: NodeJS.Timeout;

beforeAll(async () => {
  bus = new KafkaBus({ brokers: testStack().kafka.brokers, clientId: 'access-spec' });
  await bus.ensureTopics(Object.values(names));
  identityWriter = new StateWriter(bus, names.identityState.name);
  policyWriter = new StateWriter(bus, names.policyState.name);
  await identityWriter.write({
    [tenantKey('acme')]: acme,
    [principalKey(ada.id)]: ada,
    [credentialKey(key.keyId)]: active,
  });
  await policyWriter.write({});
  // As publishers do, each second.
  pulse = setInterval(() => void bus.publish([identityWriter.watermark(), policyWriter.watermark()]), 1_000);
  await bus.replay({
    reader: 'spec',
    topics: [names.replicas.name],
    onRecords: (records) => {
      for (const { value } of records) {
        const report = ReplicaRecord.parse(JSON.parse(String(value)));
        reports.set(report.replica, report);
      }
    },
  });
});
afterAll(async () => {
  clearInterval(pulse);
  await bus.close();
});

async function replica(name: string, change: Parameters<typeof feedOn>[2] = {}) {
  const own = new KafkaBus({ brokers: testStack().kafka.brokers, clientId: name });
  const made = feedOn(own, names, { replica: name, ...change });
  await made.feed.start();
  await made.feed.ready();
  await waitFor(() => made.feed.freshness().serve, { what: 'the first lease' });
  const authenticator = new Authenticator({ identity: made.identity, peppers, policy: noPolicy, accepts: ['pat'] });
  const accepts = () => authenticator.authenticate(key.text, NOW_MS).ok;
  const close = async () => {
    await made.feed.close();
    await own.close();
  };
  return { ...made, own, accepts, close };
}

describe('two replicas on Kafka', () => {
  it('both refuse a revoked key as soon as its record is in, and report that they do; a late one never accepts it', async () => {
    const [one, two] = await Promise.all([replica('gateway-1'), replica('gateway-2')]);
    expect([one.accepts(), two.accepts()]).toEqual([true, true]);
    let position = 0;
    const refusalMs = async () => {
      await identityWriter.write({ [credentialKey(key.keyId)]: active });
      await waitFor(() => one.accepts() && two.accepts());
      position = await identityWriter.write({ [credentialKey(key.keyId)]: { ...active, status: 'revoked' } });
      const ackedMs = performance.now();
      await waitFor(() => !one.accepts() && !two.accepts(), { everyMs: 1 });
      return performance.now() - ackedMs;
    };
    expect(await leastMs(SOON_MS, refusalMs)).toBeLessThan(SOON_MS);
    const reported = (name: string) => reports.get(name)?.applied[names.identityState.name]?.position ?? 0;
    await waitFor(() => reported('gateway-1') >= position && reported('gateway-2') >= position);
    // A stray of a paused former publisher, then a replica that starts afterwards.
    await bus.publish([identityWriter.sealed(credentialKey(key.keyId), active, { epoch: 0, position: position + 50 })]);
    const late = await replica('gateway-3');
    expect([one.accepts(), two.accepts(), late.accepts()]).toEqual([false, false, false]);
    await Promise.all([one.close(), two.close(), late.close()]);
    await waitFor(() => ['gateway-1', 'gateway-2', 'gateway-3'].every((name) => reports.get(name)?.stopped));
  });

  it('put a revision in force whole, and go on from a snapshot of each other', async () => {
    const one = await replica('gateway-4');
    const records = Object.fromEntries(
      new Publisher().apply([role('reader', 'model:a/*'), role('other', 'model:b/*')]),
    );
    const position = await policyWriter.write(records);
    expect(await one.feed.waitForPosition('policy', position, 5_000)).toBe('reached');
    expect(one.policy.snapshot('acme')).toMatchObject({ policyRevision: 1 });
    const restored = await one.feed.exportState();
    expect(restored.topics.map(({ topicId }) => typeof topicId)).toEqual(['string', 'string']);
    const two = await replica('gateway-5', { restored });
    expect(two.policy.snapshot('acme')).toMatchObject({ policyRevision: 1 });
    expect(two.accepts()).toBe(one.accepts());
    await Promise.all([one.close(), two.close()]);
  });

  it('lose the log lease when they are cut off, and nothing is decided on past it', async () => {
    let shiftMs = 0;
    const clock = { monotonicMs: () => performance.now() + shiftMs, wallMs: () => Date.now() };
    const one = await replica('gateway-6', { clock });
    await one.own.close();
    expect(one.feed.freshness().serve).toBe(true);
    shiftMs = LOG_LEASE_MS;
    expect(one.feed.freshness().serve).toBe(false);
    expect(one.feed.freshness(60).serve).toBe(true);
    expect(one.feed.freshness(60).staleMs).toBeGreaterThan(0);
    await one.feed.close();
  });

  it('do not take a snapshot of another incarnation of the topic', async () => {
    const one = await replica('gateway-7');
    const restored = await one.feed.exportState();
    const other = {
      ...restored,
      topics: restored.topics.map((topic) => ({ ...topic, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' })),
    };
    const own = new KafkaBus({ brokers: testStack().kafka.brokers, clientId: 'gateway-8' });
    const { feed } = feedOn(own, names, { replica: 'gateway-8', restored: other });
    await feed.start();
    await waitFor(() => feed.health().stopped !== null, { timeoutMs: 60_000 });
    expect(feed.isReady()).toBe(false);
    await feed.close();
    await Promise.all([own.close(), one.close()]);
  });
});

it('brings each recorded decision to the topic of its service, through the spool', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'access-spool-'));
  const topic = { ...topics.identityDecisions, name: freshName('identity.decisions') };
  await bus.ensureTopics([topic]);
  const kafka = { brokers: testStack().kafka.brokers };
  const spool = await DecisionSpool.open({ directory, service: 'identity', replica: 'identity-1', topic, kafka });
  const log = new DecisionLog(spool, 'identity');
  const request = { requestId: 'r', ip: '127.0.0.1', userAgent: '', httpMethod: 'GET', path: '/v1/x', atMs: NOW_MS };
  const about = { operation: 'admin', action: 'key:read', resourceType: 'key', resource: 'x', httpStatus: 200 };
  const ids = ['0198a0de-0000-7000-8000-000000000001', '0198a0de-0000-7000-8000-000000000002'];
  const [allowed = '', refused = ''] = ids;
  const who = {
    ...NOBODY,
    tenantId: 'acme',
    principalId: ada.id,
    principalKind: 'user',
    authMethod: 'api_key',
  } as const;
  log.record({ ...request, ...about, ...who, decisionId: allowed, outcome: 'allow', code: '', reason: 'granted' });
  const denial = { outcome: 'deny', code: 'invalid_api_key', reason: 'key_unknown', httpStatus: 401 } as const;
  expect(log.recordUnverified({ ...request, ...about, ...NOBODY, ...denial, decisionId: refused })).toBe(refused);
  await log.durable();
  expect(await spool.flush(60_000)).toBe(true);
  const read: AccessDecided[] = [];
  const reader = await bus.replay({
    reader: 'spec',
    topics: [topic.name],
    onRecords: (records) => {
      for (const { value } of records) {
        for (const record of DecisionBatch.parse(JSON.parse(String(value))).records) {
          if (record.type === 'access.decided') read.push(record);
        }
      }
    },
  });
  await waitFor(() => read.length === 2);
  expect(read.map(({ decision_id: id }) => id).sort()).toEqual(ids);
  expect(read.every(({ replica }) => replica === 'identity-1')).toBe(true);
  await reader.close();
  await spool.close();
  await rm(directory, { recursive: true });
});
