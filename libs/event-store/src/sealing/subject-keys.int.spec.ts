import { sql } from 'kysely';
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { issue, openKeyStore, type KeyStore } from '../contract/opened-store.fixture.js';
import { PostgresSubjectKeys } from './postgres-subject-keys.js';
import { SealKeyMismatch } from './subject-keys.js';

let store: KeyStore;
beforeAll(async () => {
  store = await openKeyStore();
});

it('opens what was sealed, until the subject is erased; what is sealed after that opens again', async () => {
  const { subjectKeys } = store;
  const sealed = await subjectKeys.seal('user_a', 'ada@acme.example');
  expect(await subjectKeys.open(sealed)).toBe('ada@acme.example');
  await subjectKeys.erase('user_a', 'nobody');
  expect(await subjectKeys.open(sealed)).toBeUndefined();
  const again = await subjectKeys.seal('user_a', 'ada@acme.example');
  expect(await subjectKeys.open(again)).toBe('ada@acme.example');
  expect(await subjectKeys.open(sealed)).toBeUndefined();
});

it('erases whoever was erased, of all who have a key, and nobody else', async () => {
  const { subjectKeys } = store;
  const ids = ['sweep_1', 'sweep_2', 'sweep_3'];
  const sealed = await Promise.all(ids.map((id) => subjectKeys.seal(id, id)));
  const isErased = (id: string) => id === 'sweep_1' || id === 'sweep_3' || id === 'without_a_key';
  expect(await subjectKeys.eraseThose(isErased)).toEqual(['sweep_1', 'sweep_3']);
  expect(await Promise.all(sealed.map((each) => subjectKeys.open(each)))).toEqual([undefined, 'sweep_2', undefined]);
  expect(await subjectKeys.eraseThose(isErased)).toEqual([]);
});

it('opens what a read model can keep, whatever was sealed: a NUL would stop it for good', async () => {
  const { subjectKeys, projections, em } = store;
  const name = 'a\0b\ud800';
  expect(await subjectKeys.open(await subjectKeys.seal('user_n', name))).toBe('a\ufffdb\ufffd');
  await issue(store, 'nul', name);
  await issue(store, 'after');
  expect(projections.failing()).toEqual(new Map());
  const { rows } = await sql`select count(*)::int as n from key_list_v1`.execute(em.getKysely());
  expect(rows).toEqual([{ n: 2 }]);
});

it('opens no box that was moved to another subject', async () => {
  const { box } = await store.subjectKeys.seal('user_b', 'secret');
  await store.subjectKeys.seal('user_c', 'other');
  expect(await store.subjectKeys.open({ subjectId: 'user_c', box })).toBeUndefined();
});

it('gives writers that come together one key', async () => {
  const sealed = await Promise.all(Array.from({ length: 8 }, () => store.subjectKeys.seal('user_d', 'same')));
  const open = await store.subjectKeys.openAll([{ deep: [sealed] }]);
  expect(sealed.map(open)).toEqual(Array(8).fill('same'));
});

it('says so when the seal key is another one', async () => {
  const sealed = await store.subjectKeys.seal('user_e', 'secret');
  const other = new PostgresSubjectKeys(store.em, randomBytes(32));
  await expect(other.open(sealed)).rejects.toThrow(SealKeyMismatch);
});

it('keeps neither the text nor a bare key in the table', async () => {
  await store.subjectKeys.seal('user_f', 'visible-text');
  const { rows } = await sql<{ all: string }>`select row_to_json(k)::text as all from subject_keys k`.execute(
    store.em.getKysely(),
  );
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) expect(row.all).not.toContain('visible-text');
});
