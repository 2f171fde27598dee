import { waitFor } from '#libs/testing';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { kafkaBus } from '../contract/kafka.fixture.js';
import { issue, openKeyStore, revoke, use } from '../contract/opened-store.fixture.js';
import { startPublisher } from '../contract/publisher-process.fixture.js';
import { freshReplica, readTopic, statusForFreshReplica } from '../contract/replica.fixture.js';
import { RECORD_CONTENT_BYTES_MAX } from '../store/outbox.js';
import { LOCK_SILENCE_MAX_MS } from './publisher-lock.js';

const KEYS = 40;

it('publishes again, and loses nothing, when a publisher is killed between the broker’s answer and marking', async () => {
  const store = await openKeyStore(kafkaBus());
  for (let n = 1; n <= KEYS; n += 1) await issue(store, `k${n}`);
  const doomed = startPublisher(store, 'hang-after-send');
  await doomed.said('sent');
  await doomed.kill();
  await revoke(store, 'k1');
  await store.start();
  expect(await store.publication.reached(KEYS + 1, 60_000)).toBe(true);

  const events = await readTopic(store.bus, `${store.options.service}.events.v1`);
  const positions = events.map(({ headers }) => Number(headers.gh_position));
  expect(positions.length).toBeGreaterThan(KEYS + 1);
  const firsts = [...new Set(positions)];
  expect(firsts).toEqual(Array.from({ length: KEYS + 1 }, (_, index) => index + 1));
  expect(new Set(events.map(({ headers }) => headers.ce_id)).size).toBe(KEYS + 1);
  const replica = await freshReplica(store);
  expect(replica.records.size).toBe(KEYS);
  expect(replica.records.get('key/k1')?.status).toBe('revoked');
});

it('keeps a key revoked for every replica when a publisher, paused before it sends, wakes up after the revocation', async () => {
  const store = await openKeyStore(kafkaBus());
  const former = startPublisher(store, 'obedient');
  await former.said('active');
  await store.start();
  const issued = await issue(store, 'k1');
  expect(await store.publication.reached(issued.position, 60_000)).toBe(true);
  const replica = await freshReplica(store);

  former.tell('hold');
  await use(store, 'k1');
  await former.said('holding');
  former.pause();
  const revoked = await revoke(store, 'k1');
  expect(await store.publication.reached(revoked.position, LOCK_SILENCE_MAX_MS + 40_000)).toBe(true);
  expect(store.publication.status()).toMatchObject({ role: 'active', epoch: 2 });
  await waitFor(() => replica.records.get('key/k1')?.status === 'revoked', { what: 'the revocation' });

  former.resume();
  former.tell('continue');
  await former.said('late-batch-sent');
  expect(await statusForFreshReplica(store, 'k1')).toBe('revoked');
  const ofKey = async () => (await readTopic(store.bus, store.topic)).filter(({ key }) => key === 'key/k1');
  expect((await ofKey()).some(({ headers, value }) => headers.gh_epoch === '1' && value?.includes('"uses":1'))).toBe(
    true,
  );
  // What compaction keeps is the last record of the key: it must be the current one, sent again.
  await waitFor(async () => (await ofKey()).at(-1)?.value?.includes('revoked'), { what: 'the repair' });
  expect((await ofKey()).at(-1)?.headers).toMatchObject({ gh_epoch: '2', gh_position: String(revoked.position) });
  expect(store.publication.status().repaired).toBeGreaterThan(0);
  expect(replica.records.get('key/k1')?.status).toBe('revoked');
});

it('stops sending when it loses the lock, and takes over again in a new term', async () => {
  const store = await openKeyStore(kafkaBus());
  await store.start();
  await issue(store, 'k1');
  await waitFor(() => store.publication.status().epoch === 1 && store.publication.status().role === 'active');
  const admin = new Client({ connectionString: store.options.databaseUrl });
  await admin.connect();
  await admin.query(`select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`);
  await admin.end();
  await waitFor(() => store.publication.status().epoch === 2, { what: 'the new term' });
  const { position } = await revoke(store, 'k1');
  expect(await store.publication.reached(position, 60_000)).toBe(true);
  expect(await statusForFreshReplica(store, 'k1')).toBe('revoked');
});

it('refuses at the append what the bus could not take, instead of standing before it for ever', async () => {
  const store = await openKeyStore(kafkaBus());
  await store.start();
  await issue(store, 'k1');
  const huge = [{ topic: store.topic, key: 'key/huge', value: { text: 'x'.repeat(RECORD_CONTENT_BYTES_MAX) } }];
  await expect(store.events.publish(huge)).rejects.toMatchObject({ code: 'store/too-large' });
  const large = (n: number) => ({ topic: store.topic, key: `key/l${n}`, value: { text: 'x'.repeat(700_000) } });
  await store.events.publish(Array.from({ length: 12 }, (_, n) => large(n)));
  const { position } = await use(store, 'k1');
  expect(await store.publication.reached(position, 60_000)).toBe(true);
});
