import { sql } from 'kysely';
import { waitFor } from '#libs/testing';
import { expect, it } from 'vitest';
import { kafkaBus } from '../contract/kafka.fixture.js';
import { issue, keyStoreOptions, openKeyStore, revoke, use, type KeyStore } from '../contract/opened-store.fixture.js';
import { copyTables, freshCluster } from '../contract/postgres-cluster.fixture.js';
import { freshReplica, readTopic, statusForFreshReplica } from '../contract/replica.fixture.js';
import { openEventStore } from '../open-event-store.js';

const WITHIN_MS = 60_000;
const keyList = async (store: KeyStore) =>
  (await sql`select * from key_list_v1 order by key_id`.execute(store.em.getKysely())).rows;

it('keeps every reader right when the tables are copied into a fresh cluster', async () => {
  const old = await openKeyStore(kafkaBus());
  await old.start();
  for (const id of ['k1', 'k2', 'k3']) await issue(old, id);
  const last = await revoke(old, 'k1');
  expect(await old.publication.reached(last.position, WITHIN_MS)).toBe(true);
  const replica = await freshReplica(old);
  await old.publication.reached((await use(old, 'k2')).position, WITHIN_MS);
  const list = await keyList(old);
  await old.close();

  const options = { ...old.options, databaseUrl: await freshCluster() };
  // Migrates, so that the roles and empty tables exist before the rows come.
  await (await openEventStore(options, old.bus)).close();
  await copyTables(options.schema, old.options.databaseUrl, options.databaseUrl);
  const moved = await openKeyStore(kafkaBus(), options);
  await moved.start();

  const used = await use(moved, 'k2', 'after the move');
  expect(used).toMatchObject({ position: 6, version: 3 });
  const revoked = await revoke(moved, 'k3');
  expect(await moved.publication.reached(revoked.position, WITHIN_MS)).toBe(true);
  expect(moved.publication.status()).toMatchObject({ generation: 1, epoch: 2 });
  await waitFor(() => replica.records.get('key/k3')?.status === 'revoked', { what: 'the connected replica' });
  expect(replica.records.get('key/k2')?.uses).toBe(2);
  expect(await statusForFreshReplica(moved, 'k1')).toBe('revoked');
  const events = await readTopic(moved.bus, `${options.service}.events.v1`);
  expect(events.map(({ headers }) => headers.gh_position)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  expect(await keyList(moved)).toHaveLength(list.length);
  expect(await keyList(moved)).toContainEqual(expect.objectContaining({ key_id: 'k2', used_at_position: '6' }));
  expect((await moved.events.read({ afterPosition: 0 })).map(({ position }) => position)).toEqual([
    1, 2, 3, 4, 5, 6, 7,
  ]);
});

it('adopts, after a restore, each revocation that the backup lacks, withdraws what it does not know, publishes all', async () => {
  const before = await openKeyStore(kafkaBus(), {
    ...(await keyStoreOptions()),
    adopt: ({ record }) => (record && 'status' in record && record.status === 'revoked' ? record : undefined),
  });
  for (const id of ['revoked-later', 'used-later', 'untouched']) await issue(before, id);
  const backup = { ...before.options, databaseUrl: await freshCluster() };
  await (await openEventStore(backup, before.bus)).close();
  await copyTables(backup.schema, before.options.databaseUrl, backup.databaseUrl);
  await before.start();
  await revoke(before, 'revoked-later');
  await use(before, 'used-later');
  await issue(before, 'made-later');
  await issue(before, 'made-and-revoked');
  const last = await revoke(before, 'made-and-revoked');
  expect(await before.publication.reached(last.position, WITHIN_MS)).toBe(true);
  const replica = await freshReplica(before);
  await before.close();

  // Nobody says that it is a backup: it is behind its own topic, and that is enough.
  const restored = await openKeyStore(kafkaBus(), backup);
  await restored.start();
  await waitFor(() => restored.publication.status().role === 'active', { timeoutMs: WITHIN_MS, what: 'the restore' });
  expect(restored.publication.status().generation).toBe(2);
  const expected = {
    'key/revoked-later': 'revoked',
    'key/used-later': 'active',
    'key/untouched': 'active',
    'key/made-and-revoked': 'revoked',
  };
  const statuses = () => Object.fromEntries([...replica.records].map(([key, { status }]) => [key, status]));
  await waitFor(() => Object.keys(statuses()).length === 4, { what: 'the withdrawal of made-later' });
  expect(statuses()).toEqual(expected);
  expect(replica.records.get('key/used-later')?.uses).toBe(0);
  const fresh = await freshReplica(restored);
  expect(Object.fromEntries([...fresh.records].map(([key, { status }]) => [key, status]))).toEqual(expected);

  const next = await use(restored, 'used-later');
  expect(await restored.publication.reached(next.position, WITHIN_MS)).toBe(true);
  await waitFor(() => replica.records.get('key/used-later')?.uses === 1, { what: 'life after the restore' });
});

it('raises the generation when a restore is announced', async () => {
  const store = await openKeyStore(kafkaBus());
  await issue(store, 'k1');
  await store.announceRestore();
  await store.start();
  await waitFor(() => store.publication.status().role === 'active', { timeoutMs: WITHIN_MS });
  expect(store.publication.status()).toMatchObject({ generation: 2, lastError: null });
  expect(await statusForFreshReplica(store, 'k1')).toBe('active');
});
