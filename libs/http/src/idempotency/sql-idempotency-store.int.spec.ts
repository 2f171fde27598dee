import { freshDatabase } from '#libs/testing';
import { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeptAnswer } from './idempotency-store.js';
import { IDEMPOTENCY_TABLE_SQL, SqlIdempotencyStore } from './sql-idempotency-store.js';

let pool: Pool;
let store: SqlIdempotencyStore;
const answer: KeptAnswer = { status: 201, headers: { etag: '"1"' }, body: '{"id":"k1"}' };

beforeAll(async () => {
  pool = new Pool({ connectionString: await freshDatabase(), max: 8 });
  await pool.query(IDEMPOTENCY_TABLE_SQL);
  store = new SqlIdempotencyStore(async (sql, parameters) => (await pool.query(sql, [...parameters])).rows);
});
afterAll(() => pool.end());

const claim = (key: string, digest = 'd1') => ({ scope: 'acme user_1 POST /v1/keys', key, digest });

it('lets exactly one of many parallel requests through', async () => {
  const results = await Promise.all(Array.from({ length: 40 }, () => store.claim(claim('parallel'))));
  expect(results.filter(({ state }) => state === 'claimed')).toHaveLength(1);
  expect(results.filter(({ state }) => state === 'busy')).toHaveLength(39);
});

it('gives the kept answer again, with the digest of the request that made it', async () => {
  await store.claim(claim('kept'));
  await store.keep(claim('kept'), answer);
  expect(await store.claim(claim('kept', 'd2'))).toEqual({ state: 'kept', digest: 'd1', answer });
});

it('frees a key whose request failed, or died and ran out of its lease', async () => {
  await store.claim(claim('failed'));
  await store.release(claim('failed'));
  expect(await store.claim(claim('failed', 'd2'))).toEqual({ state: 'claimed' });
  await store.claim(claim('died'));
  await pool.query("update idempotency_keys set free_at = now() - interval '1 s' where key = 'died'");
  expect(await store.claim(claim('died', 'd2'))).toEqual({ state: 'claimed' });
  // The one that was thought dead comes back: it neither overwrites nor frees what is another's now.
  await store.keep(claim('died'), answer);
  await store.release(claim('died'));
  expect(await store.claim(claim('died', 'd2'))).toEqual({ state: 'busy', digest: 'd2' });
});

it('does not keep expired keys for ever', async () => {
  for (let i = 0; i < 15; i += 1) await store.claim(claim(`old-${i}`));
  await pool.query("update idempotency_keys set free_at = now() - interval '1 s' where key like 'old-%'");
  await store.claim(claim('new-1'));
  await store.claim(claim('new-2'));
  const { rows } = await pool.query<{ n: string }>("select count(*) as n from idempotency_keys where key like 'old-%'");
  expect(rows[0]?.n).toBe('0');
});
