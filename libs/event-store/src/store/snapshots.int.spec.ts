import { Client } from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { issue, keyStoreOptions, openKeyStore, use, type KeyStore } from '../contract/opened-store.fixture.js';
import type { KeyState } from '../contract/key-aggregate.fixture.js';
import type { Snapshots } from '../aggregate.js';

const shape = (name: string): Snapshots<KeyState> => ({
  name,
  everyEvents: 4,
  write: (state) => state,
  read: (written) => written as KeyState,
});

let store: KeyStore;
beforeAll(async () => {
  store = await openKeyStore(undefined, await keyStoreOptions());
  store = { ...store, keys: { ...store.keys, snapshots: shape('key-1') } };
});

/** By a process that remembers nothing. */
async function load(keyId: string, name = 'key-1') {
  const fresh = await openKeyStore(store.bus, store.options);
  return fresh.events.load({ ...store.keys, snapshots: shape(name) }, keyId);
}
async function asOwner(statement: string): Promise<void> {
  const client = new Client({ connectionString: store.options.databaseUrl });
  await client.connect();
  await client.query(`set search_path to spec; ${statement}`);
  await client.end();
}

it('gives a long stream the state that all of its events give', async () => {
  await issue(store, 'long');
  for (let n = 0; n < 10; n += 1) await use(store, 'long');
  expect(await load('long')).toEqual({ state: { status: 'active', uses: 10 }, version: 11 });
  const outcome = await use(store, 'long');
  expect([outcome.version, outcome.state.uses]).toEqual([12, 11]);
});

it('does not read what the snapshot stands for', async () => {
  // Whoever reads the first events fails: nobody declares such a type.
  await asOwner(`update events set type = 'spec.key.unknown' where stream like '%long' and version <= 8`);
  expect((await load('long')).version).toBe(12);
  expect((await use(store, 'long')).version).toBe(13);
  await asOwner(`update events set type = 'spec.key.used' where stream like '%long' and version between 2 and 8`);
  await asOwner(`update events set type = 'spec.key.issued' where stream like '%long' and version = 1`);
});

it('reads the whole stream where the snapshot has another shape', async () => {
  expect(await load('long', 'key-2')).toEqual({ state: { status: 'active', uses: 12 }, version: 13 });
});

it('trusts no snapshot that was changed, nor one whose event is another', async () => {
  await issue(store, 'doubted');
  for (let n = 0; n < 8; n += 1) await use(store, 'doubted');
  const whole = { state: { status: 'active', uses: 8 }, version: 9 };
  await asOwner(`update stream_snapshots set state = jsonb_set(state, '{uses}', '70') where stream like '%doubted'`);
  expect(await load('doubted')).toEqual(whole);
  for (let n = 0; n < 3; n += 1) await use(store, 'doubted');
  for (const read of [load('doubted'), store.events.load(store.keys, 'doubted')]) {
    expect(await read).toEqual({ state: { status: 'active', uses: 11 }, version: 12 });
  }
  await asOwner(`update events set data = data || '{"by": "another"}' where stream like '%doubted' and version = 12`);
  await asOwner(`update events set type = 'spec.key.revoked' where stream like '%doubted' and version = 2`);
  // Read again from the first event on, by who has a snapshot and by who remembers the stream.
  const told = { state: expect.objectContaining({ status: 'revoked' }) as KeyState, version: 12 };
  expect(await load('doubted')).toEqual(told);
  expect(await store.events.load(store.keys, 'doubted')).toEqual(told);
});

it('sees what another process wrote to a stream that it remembers', async () => {
  const other = await openKeyStore(store.bus, store.options);
  await issue(store, 'shared');
  for (let n = 1; n <= 6; n += 1) {
    await use(n % 2 ? { ...other, keys: store.keys } : store, 'shared');
    const expected = { state: { status: 'active', uses: n }, version: n + 1 };
    for (const { events } of [store, other]) expect(await events.load(store.keys, 'shared')).toEqual(expected);
  }
});

it('decides on the version that was read, also when writers of one stream meet', async () => {
  await issue(store, 'raced');
  await Promise.all(Array.from({ length: 12 }, () => use(store, 'raced')));
  expect(await load('raced')).toEqual({ state: { status: 'active', uses: 12 }, version: 13 });
  expect(await load('raced', 'key-2')).toEqual(await load('raced'));
});
