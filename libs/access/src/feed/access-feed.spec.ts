import { MemoryBus } from '#libs/bus';
import { credentialKey, principalKey, ReplicaRecord, tenantKey } from '#libs/contracts';
import { freshName, waitFor } from '#libs/testing';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Authenticator } from '../authentication/authenticator.js';
import { acme, ada, credentialOf, noPolicy, NOW_MS, peppers } from '../identity/identity.fixture.js';
import { mintKeyText } from '../keys/key-text.js';
import { Publisher, role } from '../policy/policy.fixture.js';
import { ReportPace } from './report-pace.js';
import { feedOn, ownTopics, StateWriter } from './feed.fixture.js';

let bus: MemoryBus;
let names: ReturnType<typeof ownTopics>;
let identityWriter: StateWriter;
let policyWriter: StateWriter;
const open: { close(): Promise<void> }[] = [];
const key = mintKeyText('pat', 'p');
const active = credentialOf(key);
const people = { [tenantKey('acme')]: acme, [principalKey(ada.id)]: ada };

beforeEach(async () => {
  bus = new MemoryBus();
  names = ownTopics(freshName('feed'));
  await bus.ensureTopics(Object.values(names));
  identityWriter = new StateWriter(bus, names.identityState.name);
  policyWriter = new StateWriter(bus, names.policyState.name);
  await identityWriter.write({ ...people, [credentialKey(key.keyId)]: active });
  await policyWriter.write({});
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  await bus.close();
});

async function started(change: Parameters<typeof feedOn>[2] = {}) {
  const made = feedOn(bus, names, change);
  open.push(made.feed);
  await made.feed.start();
  await made.feed.ready();
  await waitFor(() => made.feed.freshness().serve, { what: 'the first lease' });
  const authenticator = new Authenticator({ identity: made.identity, peppers, policy: noPolicy, accepts: ['pat'] });
  return { ...made, reasonOf: () => reason(authenticator.authenticate(key.text, NOW_MS)) };
}

const reason = (answer: { ok: boolean; reason?: string }) => (answer.ok ? 'accepted' : answer.reason);
const applied = async ({ feed }: { feed: ReturnType<typeof feedOn>['feed'] }, name: 'identity' | 'policy') => {
  const [end] = (await bus.endOffsets([name === 'identity' ? names.identityState.name : names.policyState.name]))
    .partitions;
  await waitFor(() => feed.positions()[name].offset === (end?.end ?? 0n) - 1n, { what: 'the end of the topic' });
};

it('reports nothing and holds no lease before what it applied is in force on the threads that follow it', async () => {
  const elsewhere = Promise.withResolvers<void>();
  const story: string[] = [];
  const made = feedOn(bus, names, {
    inForceElsewhere: () => {
      story.push('asked');
      return elsewhere.promise;
    },
    reporter: { report: async () => void story.push('reported'), stopped: async () => undefined },
  });
  open.push(made.feed);
  await made.feed.start();
  await waitFor(() => made.feed.isReady() && story.length > 0, { what: 'the first report to be asked for' });
  await new Promise(setImmediate);
  expect(story).not.toContain('reported');
  expect(made.feed.freshness().serve).toBe(false);
  elsewhere.resolve();
  await waitFor(() => made.feed.freshness().serve, { what: 'the first lease' });
  expect(story).toContain('reported');
});

describe('a revoked key', () => {
  it('stays revoked when `active` is delivered again, comes late, or comes from a paused former publisher', async () => {
    const place = { generation: 1, epoch: 2, position: 40 };
    await bus.publish([
      identityWriter.sealed(credentialKey(key.keyId), { ...active, status: 'revoked' }, place),
      identityWriter.sealed(credentialKey(key.keyId), active, { ...place, position: 39 }),
      identityWriter.sealed(credentialKey(key.keyId), active, { ...place, epoch: 1, position: 41 }),
    ]);
    const running = await started();
    expect(running.reasonOf()).toBe('key_revoked');
    await bus.publish([identityWriter.sealed(credentialKey(key.keyId), active, { ...place, epoch: 1, position: 99 })]);
    await applied(running, 'identity');
    expect(running.reasonOf()).toBe('key_revoked');
    expect(running.feed.health().strays.identity).toBe(3);
  });

  it('is refused by the next request after its record was applied', async () => {
    const running = await started();
    expect(running.reasonOf()).toBe('accepted');
    const position = await identityWriter.write({ [credentialKey(key.keyId)]: { ...active, status: 'revoked' } });
    expect(await running.feed.waitForPosition('identity', position, 1_000)).toBe('reached');
    expect(running.reasonOf()).toBe('key_revoked');
  });
});

it('ignores what somebody without the bus key writes, and counts it', async () => {
  const running = await started();
  const forger = new StateWriter(bus, names.identityState.name, randomBytes(32));
  const forged = { ...active, status: 'revoked' as const };
  const position = { generation: 9, epoch: 9, position: 999 };
  await bus.publish([
    forger.sealed(credentialKey(key.keyId), forged, position),
    forger.sealed(principalKey(ada.id), null, position),
    forger.watermark(),
    { topic: names.identityState.name, key: credentialKey(key.keyId), value: JSON.stringify(forged) },
  ]);
  await applied(running, 'identity');
  expect(running.reasonOf()).toBe('accepted');
  expect(running.feed.health().strays.identity).toBe(4);
});

it('shows a revision when its head has come, and never half of it', async () => {
  const running = await started();
  const publisher = new Publisher();
  const [first, second, head] = publisher.apply([role('reader', 'model:a/*'), role('other', 'model:b/*')]);
  for (const [recordKey, record] of [first ?? ['', {}], second ?? ['', {}]] as [string, object][]) {
    await policyWriter.write({ [recordKey]: record });
    await applied(running, 'policy');
    expect(running.policy.snapshot('acme')).toMatchObject({ policyRevision: 0 });
    expect(running.policy.snapshot('acme')?.document('Role', 'reader')).toBeUndefined();
  }
  await policyWriter.write({ [head?.[0] ?? '']: head?.[1] ?? {} });
  await applied(running, 'policy');
  expect(running.policy.snapshot('acme')).toMatchObject({ policyRevision: 1 });
  expect(running.policy.snapshot('acme')?.document('Role', 'other')).toBeDefined();
});

it('decides on nothing any more when a key of the topic cannot be read', async () => {
  const running = await started();
  await bus.publish([policyWriter.sealed('no form of ours', {})]);
  await waitFor(() => !running.feed.isReady(), { what: 'the stop' });
  expect(running.feed.freshness(3_600).serve).toBe(false);
  expect(running.feed.health().stopped).toBe('policy: unreadable key');
});

it('goes on from what it exported, without the records before it', async () => {
  const first = await started();
  await policyWriter.write(Object.fromEntries(new Publisher().apply([role('reader', 'model:a/*')])));
  await applied(first, 'policy');
  const restored = await first.feed.exportState();
  await first.feed.close();
  await identityWriter.write({ [credentialKey(key.keyId)]: { ...active, status: 'suspended' } });
  const second = await started({ restored, replica: 'gateway-2' });
  expect(second.reasonOf()).toBe('key_suspended');
  expect(second.identity.principal(ada.id)).toEqual(ada);
  expect(second.policy.snapshot('acme')).toMatchObject({ policyRevision: 1 });
  expect(second.feed.health().strays).toEqual({ identity: 0, policy: 0 });
});

it('reports what is in force, soon after it is, and says when it stops', async () => {
  const reports: ReplicaRecord[] = [];
  const reader = await bus.replay({
    reader: 'spec',
    topics: [names.replicas.name],
    onRecords: (records) => {
      for (const { value } of records) reports.push(ReplicaRecord.parse(JSON.parse(String(value))));
    },
  });
  const running = await started();
  const position = await identityWriter.write({ [principalKey(ada.id)]: { ...ada, teams: [] } });
  const last = () => reports.at(-1);
  await waitFor(() => last()?.applied[names.identityState.name]?.position === position, { timeoutMs: 900 });
  expect(last()).toMatchObject({ replica: 'gateway-1', service: 'gateway', boot: running.feed.boot, stopped: false });
  await running.feed.close();
  await waitFor(() => last()?.stopped === true);
  await reader.close();
});

it('has nothing to report where a writer only says that it is there', async () => {
  const running = await started();
  const alive = async () => {
    await identityWriter.write({});
    await policyWriter.write({});
    await applied(running, 'identity');
    await applied(running, 'policy');
  };
  await alive();
  const touch = vi.spyOn(ReportPace.prototype, 'touch');
  for (let seconds = 0; seconds < 3; seconds += 1) await alive();
  expect(touch).not.toHaveBeenCalled();
  await identityWriter.write({ [principalKey(ada.id)]: { ...ada, teams: [] } });
  await applied(running, 'identity');
  expect(touch).toHaveBeenCalledOnce();
  touch.mockRestore();
});

it('refuses to wait for a position far above what its writer ever said', async () => {
  const running = await started();
  expect(await running.feed.waitForPosition('identity', 1_000_000, 10_000)).toBe('refused');
  expect(await running.feed.waitForPosition('identity', 50, 1)).toBe('timeout');
});
