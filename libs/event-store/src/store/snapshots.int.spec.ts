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

const load = (keyId: string, name = 'key-1') => store.events.load({ ...store.keys, snapshots: shape(name) }, keyId);
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

it('decides on the version that was read, also when writers of one stream meet', async () => {
  await issue(store, 'raced');
  await Promise.all(Array.from({ length: 12 }, () => use(store, 'raced')));
  expect(await load('raced')).toEqual({ state: { status: 'active', uses: 12 }, version: 13 });
  expect(await load('raced', 'key-2')).toEqual(await load('raced'));
});
