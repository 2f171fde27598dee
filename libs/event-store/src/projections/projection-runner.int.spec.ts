import { waitFor } from '#libs/testing';
import { sql } from 'kysely';
import { beforeAll, expect, it } from 'vitest';
import { keyList } from '../contract/key-list.fixture.js';
import { context, issue, openKeyStore, revoke, use, type KeyStore } from '../contract/opened-store.fixture.js';
import { step } from '../event-store.js';

const KEYS = 600;
let store: KeyStore;

beforeAll(async () => {
  store = await openKeyStore();
  const name = await store.subjectKeys.seal('user_1', 'ada@acme.example');
  const ids = Array.from({ length: KEYS }, (_, n) => `k${String(n).padStart(3, '0')}`);
  await store.events.executeAll(
    ids.map((keyId) => step(store.keys, keyId, { do: 'issue', keyId, name })),
    { context },
  );
  await use(store, 'k001');
  await revoke(store, 'k002');
});

async function rows(table: string, of = store): Promise<unknown[]> {
  return (await sql`select * from ${sql.table(table)} order by key_id`.execute(of.em.getKysely())).rows;
}

it('shows a command’s own change when the command resolves', async () => {
  await issue(store, 'k-mine', 'mine');
  expect(await rows('key_list_v1')).toContainEqual(
    expect.objectContaining({ key_id: 'k-mine', name: 'mine', status: 'active' }),
  );
});

it('rebuilds a table to what it was live, with readers seeing the old or the new content', async () => {
  const live = await rows('key_list_v1');
  expect(live).toHaveLength(KEYS + 1);
  const rebuilding = store.projections.rebuild('key_list_v1');
  expect(await rows('key_list_v1')).toEqual(live);
  await rebuilding;
  expect(await rows('key_list_v1')).toEqual(live);
});

it('builds a new version of a table from the first event on', async () => {
  const next = await openKeyStore(store.bus, { ...store.options, readModels: [keyList(2)] });
  await next.projections.catchUp();
  expect(await rows('key_list_v2')).toEqual(await rows('key_list_v1'));
});

it('gives the same table when every event is applied twice', async () => {
  const once = await rows('key_list_v1');
  await sql`update projections set position = 0 where name = 'key_list_v1'`.execute(store.em.getKysely());
  await store.projections.catchUp();
  expect(await rows('key_list_v1')).toEqual(once);
});

it('applies each event once though several processes catch up together', async () => {
  const counting = (seen: number[]) => {
    const model = keyList(1);
    const apply: typeof model.apply = async (tx, recorded, open) => {
      seen.push(recorded.position);
      await model.apply(tx, recorded, open);
    };
    return { ...store.options, readModels: [{ ...model, apply }] };
  };
  const seen: number[] = [];
  const two = await Promise.all([openKeyStore(store.bus, counting(seen)), openKeyStore(store.bus, counting(seen))]);
  const before = await store.events.position();
  // Who waits for the append lock for too long is told to try again.
  const issued = (n: number) => waitFor(() => issue(two[n % 2] ?? store, `both${n}`), { what: `key ${n}` });
  await Promise.all(Array.from({ length: 40 }, (_, n) => issued(n)));
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => before + 1 + n));
});

it('catches up by itself with what was committed by a process that died before its catch-up', async () => {
  const dying = await openKeyStore(store.bus, { ...store.options, readModels: [] });
  const waiting = await openKeyStore(store.bus, store.options);
  await waiting.projections.start();
  await issue(dying, 'orphan');
  await waitFor(async () => JSON.stringify(await rows('key_list_v1')).includes('orphan'), { what: 'the catch-up' });
  await waiting.projections.stop();
});

it('brings read models along together, whatever each of them has already', async () => {
  const both = await openKeyStore(store.bus, { ...store.options, readModels: [keyList(1), keyList(2)] });
  // One is far behind, then one a little.
  for (const behind of [0, (await store.events.position()) - 3]) {
    await sql`update projections set position = ${behind} where name = 'key_list_v2'`.execute(store.em.getKysely());
    await issue(both, `together-${behind}`);
    expect(await rows('key_list_v2')).toEqual(await rows('key_list_v1'));
  }
  const { rows: positions } = await sql<{ position: string }>`
    select distinct position from projections`.execute(store.em.getKysely());
  expect(positions).toEqual([{ position: String(await store.events.position()) }]);
});

it('lets a broken read model hold up no other', async () => {
  const broken = { ...keyList(2), apply: () => Promise.reject(new Error('broken')) };
  const both = await openKeyStore(store.bus, { ...store.options, readModels: [keyList(1), broken] });
  for (const keyId of ['beside-broken-1', 'beside-broken-2']) {
    await issue(both, keyId);
    expect(JSON.stringify(await rows('key_list_v1'))).toContain(keyId);
    expect([...both.projections.failing().keys()]).toEqual(['key_list_v2']);
  }
});

it('answers a command though a read model is broken, and says which', async () => {
  const model = keyList(1);
  const apply = () => Promise.reject(new Error('broken'));
  const broken = await openKeyStore(store.bus, { ...store.options, readModels: [{ ...model, apply }] });
  await issue(broken, 'seen-later');
  expect([...broken.projections.failing().keys()]).toEqual(['key_list_v1']);
  await store.projections.catchUp();
  expect(JSON.stringify(await rows('key_list_v1'))).toContain('seen-later');
});

it('forgets a name everywhere when its subject is erased', async () => {
  await issue(store, 'k-erased', 'to be forgotten');
  await store.subjectKeys.erase('user_1');
  await store.projections.rebuild('key_list_v1');
  expect(JSON.stringify(await rows('key_list_v1'))).not.toContain('forgotten');
  const { rows: raw } = await sql<{ text: string }>`select string_agg(data::text, '') as text from events`.execute(
    store.em.getKysely(),
  );
  expect(raw[0]?.text).not.toContain('forgotten');
});
