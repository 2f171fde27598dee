import { deriveMacKey, sealRecord } from '#libs/bus';
import { waitFor } from '#libs/testing';
import { beforeAll, expect, it } from 'vitest';
import { kafkaBus } from '../contract/kafka.fixture.js';
import { context, issue, openKeyStore, revoke, use, type KeyStore } from '../contract/opened-store.fixture.js';
import { freshReplica, readTopic, statusForFreshReplica } from '../contract/replica.fixture.js';

const WITHIN_MS = 60_000;
let store: KeyStore;

beforeAll(async () => {
  store = await openKeyStore(kafkaBus());
  await store.start();
});

const published = async ({ position }: { position: number }) =>
  expect(await store.publication.reached(position, WITHIN_MS)).toBe(true);

it('publishes events in position order, with who and what in the value, and where in the envelope', async () => {
  await issue(store, 'k1');
  await published(await use(store, 'k1'));
  const events = await readTopic(store.bus, `${store.options.service}.events.v1`);
  expect(events.map(({ key, headers }) => [key, headers.ce_type, headers.gh_position])).toEqual([
    ['spec.key-k1', 'spec.key.issued', '1'],
    ['spec.key-k1', 'spec.key.used', '2'],
  ]);
  expect(events[0]?.headers).toMatchObject({ gh_schema: '2', gh_generation: '1', gh_epoch: '1' });
  expect(JSON.parse(events[1]?.value ?? '')).toEqual({
    stream: 'spec.key-k1',
    stream_version: 2,
    actor: context.actor,
    tenant_id: context.tenantId,
    request_id: context.requestId,
    decision_id: context.decisionId,
    data: { keyId: 'k1', by: 'somebody' },
  });
});

it('publishes the state that follows from an event, verified by a replica, sealed fields opened', async () => {
  const replica = await freshReplica(store);
  expect(replica.records.get('key/k1')).toEqual({ keyId: 'k1', status: 'active', name: 'ada@acme.example', uses: 1 });
  await published(await revoke(store, 'k1'));
  await waitFor(() => replica.records.get('key/k1')?.status === 'revoked', { what: 'the revocation' });
});

it('says how far it is: after each batch, and each second when idle', async () => {
  const replica = await freshReplica(store);
  const { position } = await issue(store, 'k2');
  await waitFor(() => replica.feed.watermark()?.position === position, { what: 'the watermark of the batch' });
  const first = replica.feed.watermark()?.offset ?? 0n;
  await waitFor(() => (replica.feed.watermark()?.offset ?? 0n) > first + 1n, { what: 'two more watermarks' });
  expect(replica.feed.watermark()).toMatchObject({ position, generation: 1, epoch: 1 });
});

it('tells in time that the broker has not answered', async () => {
  const { position } = await use(store, 'k2');
  expect(await store.publication.reached(position + 1000, 50)).toBe(false);
  await published({ position });
});

it('publishes a tombstone where nothing is held any more, and extra records in their order', async () => {
  await revoke(store, 'k2');
  await published(await store.events.execute(store.keys, 'k2', { do: 'forget', keyId: 'k2' }, { context }));
  expect(await statusForFreshReplica(store, 'k2')).toBeUndefined();
  const outcome = await store.events.execute(
    store.keys,
    'k1b',
    { do: 'issue', keyId: 'k1b', name: await store.subjectKeys.seal('user_1', 'x') },
    {
      context,
      records: () => ['b', 'a'].map((key) => ({ topic: store.topic, key: `key/${key}`, value: { extra: key } })),
    },
  );
  await published(outcome);
  const keys = (await readTopic(store.bus, store.topic)).map(({ key }) => key).filter((key) => key !== 'watermark');
  expect(keys.slice(-3)).toEqual(['key/k1b', 'key/b', 'key/a']);
});

it('publishes records without an event', async () => {
  await store.events.publish([{ topic: store.topic, key: 'key/a', value: null }]);
  await waitFor(async () =>
    (await readTopic(store.bus, store.topic)).some(({ key, value }) => key === 'key/a' && !value),
  );
});

it('answers a forged record with the current state', async () => {
  const forged = { keyId: 'k1', status: 'active', name: null, uses: 0 };
  await store.bus.publish([{ topic: store.topic, key: 'key/k1', value: JSON.stringify(forged) }]);
  const foreignKey = deriveMacKey(Buffer.alloc(32, 7));
  const place = { generation: 9, epoch: 9, position: 9 };
  await store.bus.publish([
    sealRecord(
      foreignKey,
      { topic: store.topic, key: 'key/evil', value: Buffer.from(JSON.stringify(forged)), ...place },
      { id: 'x', source: 'evil', type: 'evil', time: new Date().toISOString(), schema: 1 },
    ),
  ]);
  const last = async (key: string) =>
    (await readTopic(store.bus, store.topic)).findLast((record) => record.key === key);
  await waitFor(async () => (await last('key/k1'))?.value?.includes('revoked'), { what: 'the repair of k1' });
  await waitFor(async () => (await last('key/evil'))?.value === null, { what: 'the withdrawal of the unknown key' });
  expect(await statusForFreshReplica(store, 'k1')).toBe('revoked');
  expect(store.publication.status().repaired).toBeGreaterThanOrEqual(2);
});

it('does not take its own records for strays under load', async () => {
  const before = store.publication.status().repaired;
  await issue(store, 'hot');
  // Who waits for the append lock for too long is told to try again.
  const issued = (n: number) => waitFor(() => issue(store, `load${n}`), { what: `key ${n}` });
  const uses = await Promise.all(
    Array.from({ length: 30 }, (_, n) => issued(n).then(() => use(store, 'hot').catch(() => undefined))),
  );
  expect(uses).toHaveLength(30);
  await published({ position: await store.events.position() });
  expect(store.publication.status().repaired).toBe(before);
});

it('publishes the whole topic again on request', async () => {
  const before = (await readTopic(store.bus, store.topic)).length;
  const { records } = await store.publication.republish(store.topic);
  expect(records).toBeGreaterThanOrEqual(3);
  const after = await readTopic(store.bus, store.topic);
  expect(after.length).toBeGreaterThanOrEqual(before + records);
  await expect(store.publication.republish('other.topic')).rejects.toThrow(RangeError);
});

it('lets a standby take over when it stops, which goes on where it was', async () => {
  const standby = await openKeyStore(kafkaBus(), store.options);
  await standby.start();
  const { position } = await issue(standby, 'by-standby');
  expect(await standby.publication.reached(position, WITHIN_MS)).toBe(true);
  expect(standby.publication.status().role).not.toBe('active');
  await store.close();
  await waitFor(() => standby.publication.status().role === 'active', { what: 'the take-over' });
  expect(standby.publication.status()).toMatchObject({ epoch: 2, generation: 1 });
  const replica = await freshReplica(standby);
  const revoked = await revoke(standby, 'by-standby');
  expect(await standby.publication.reached(revoked.position, WITHIN_MS)).toBe(true);
  await waitFor(() => replica.records.get('key/by-standby')?.status === 'revoked');
});
