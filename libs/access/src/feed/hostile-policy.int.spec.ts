import { KafkaBus } from '#libs/bus';
import { headKey } from '#libs/contracts';
import { freshName, testStack, waitFor } from '#libs/testing';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Publisher, role } from '../policy/policy.fixture.js';
import { reached } from '../policy/policy-log.fixture.js';
import { feedOn, ownTopics, StateWriter } from './feed.fixture.js';

let bus: KafkaBus;
beforeAll(() => {
  bus = new KafkaBus({ brokers: testStack().kafka.brokers, clientId: 'hostile-policy-spec' });
});
afterAll(() => bus.close());

/** What a topic's retention does in weeks, in a moment. */
const eager = {
  'min.compaction.lag.ms': '0',
  'max.compaction.lag.ms': '1',
  'segment.ms': '100',
  'min.cleanable.dirty.ratio': '0.001',
};

async function setUp(config: Readonly<Record<string, string>> = {}) {
  const own = ownTopics(freshName('hostile'));
  const { policyState } = own;
  const names = { ...own, policyState: { ...policyState, config: { ...policyState.config, ...config } } };
  await bus.ensureTopics(Object.values(names));
  const identity = new StateWriter(bus, names.identityState.name);
  await identity.write({});
  return { names, writer: new StateWriter(bus, names.policyState.name) };
}

async function replicaOn(names: ReturnType<typeof ownTopics>, replica: string) {
  const made = feedOn(bus, names, { replica });
  await made.feed.start();
  await made.feed.ready();
  return made;
}

const reads = (view: Awaited<ReturnType<typeof replicaOn>>['policy'], tenant: string) => {
  const snapshot = view.snapshot(tenant);
  return snapshot && { revision: snapshot.policyRevision, ...reached(snapshot) };
};

it('keeps a tenant’s last good set when its records are bad, huge, truncated, reordered or forged, and other tenants’ sets move on', async () => {
  const { names, writer } = await setUp();
  const [acme, globex] = [new Publisher('acme'), new Publisher('globex')];
  await writer.write(Object.fromEntries(acme.apply([role('reader', 'model:a/*')])));
  await writer.write(Object.fromEntries(globex.apply([role('reader', 'model:g1/*', 'globex')])));
  const { feed, policy } = await replicaOn(names, 'hostile-1');
  const good = { revision: 1, reader: 'model:a/*' };
  expect(reads(policy, 'acme')).toEqual(good);

  const [[key, document], [, head]] = acme.apply([role('reader', 'model:**')]) as [[string, object], [string, object]];
  const text = JSON.stringify(document);
  const tries: [string, Record<string, object | string>][] = [
    ['reordered: its head before its document', { [headKey('acme')]: head }],
    ['truncated', { [key]: text.slice(0, text.length / 2), [headKey('acme')]: head }],
    ['huge', { [key]: JSON.stringify({ document: 'x'.repeat(900_000), digest: '' }) }],
    ['bad', { [key]: { document: { kind: 'Role' }, digest: 'f'.repeat(64) } }],
    ['an unreadable head', { [headKey('acme')]: '{' }],
  ];
  for (const [n, [what, records]] of tries.entries()) {
    const position = await writer.write(records);
    expect([what, await feed.waitForPosition('policy', position, 10_000)]).toEqual([what, 'reached']);
    const alarmed = policy.alarms().map(({ tenantId }) => tenantId);
    expect([what, reads(policy, 'acme'), alarmed]).toEqual([what, good, ['acme']]);
    const next = globex.apply([role('reader', `model:g${n + 2}/*`, 'globex')]);
    expect(await feed.waitForPosition('policy', await writer.write(Object.fromEntries(next)), 10_000)).toBe('reached');
    expect(reads(policy, 'globex')).toEqual({ revision: n + 2, reader: `model:g${n + 2}/*` });
  }

  // Whoever can write to the topic and has not the key.
  const forger = new StateWriter(bus, names.policyState.name, randomBytes(32));
  const strays = feed.health().strays.policy;
  await bus.publish([
    forger.sealed(key, document, { position: 900 }),
    forger.sealed(headKey('acme'), head, { position: 901 }),
    forger.sealed(headKey('globex'), null, { position: 902 }),
  ]);
  await waitFor(() => feed.health().strays.policy >= strays + 3, { what: 'forged records to be counted' });
  expect(reads(policy, 'acme')).toEqual(good);
  expect(reads(policy, 'globex')).toMatchObject({ revision: tries.length + 1 });

  await writer.write({ [key]: document, [headKey('acme')]: head });
  await waitFor(() => policy.snapshot('acme')?.policyRevision === 2, { what: 'the mended revision' });
  expect(policy.alarms()).toEqual([]);
  await feed.close();
});

it('builds a set that was current when it starts while Kafka compacts and a revision is half published', async () => {
  const { names, writer } = await setUp(eager);
  const acme = new Publisher('acme');
  const history: Record<string, string>[] = [{}];
  for (let n = 1; n <= 40; n += 1) {
    const name = `r${n % 3}`;
    history.push({ ...history[n - 1], [name]: `model:v${n}/*` });
    await writer.write(Object.fromEntries(acme.apply([role(name, `model:v${n}/*`)])));
  }
  const half = acme.apply([role('r0', 'model:half/*'), role('r1', 'model:half/*')]);
  await writer.write(Object.fromEntries(half.slice(0, 1)));

  // Watermarks push the active segment on; of 41 of them compaction leaves one.
  const held = async () => {
    const seen: string[] = [];
    await bus.publish([writer.watermark()]);
    const { feed, policy } = await replicaOn(names, freshName('late'));
    const snapshot = policy.snapshot('acme');
    expect(snapshot && { revision: snapshot.policyRevision, ...reached(snapshot) }).toEqual({
      revision: 40,
      ...history[40],
    });
    await feed.close();
    const { partitions } = await bus.endOffsets([names.policyState.name]);
    let last = -1n;
    const reader = await bus.replay({
      reader: freshName('count'),
      topics: [names.policyState.name],
      onRecords: (records) => {
        for (const record of records) {
          seen.push(String(record.key));
          last = record.offset;
        }
      },
    });
    // The end is a watermark, in the segment that is still written to.
    await waitFor(() => last + 1n >= (partitions[0]?.end ?? 0n), { what: 'the end of the topic' });
    await reader.close();
    return seen.filter((key) => key === headKey('acme')).length;
  };
  let left = 40;
  await waitFor(async () => (left = await held()) < 20, {
    timeoutMs: 90_000,
    everyMs: 1_500,
    what: 'compaction',
  });
  console.info(`compaction left ${left} of 40 heads`);

  await writer.write(Object.fromEntries(half.slice(1)));
  const { feed, policy } = await replicaOn(names, 'late-whole');
  expect(reads(policy, 'acme')).toEqual({ revision: 41, ...history[40], r0: 'model:half/*', r1: 'model:half/*' });
  await feed.close();
});
