import { sql } from 'kysely';
import { beforeAll, expect, it } from 'vitest';
import { issue, openKeyStore, type KeyStore } from '../contract/opened-store.fixture.js';
import { openDatabase } from './database.js';
import { runningRole } from './schema-name.js';

let store: KeyStore;
beforeAll(async () => {
  store = await openKeyStore();
  await issue(store, 'k1');
});

const attempt = (statement: string) => sql.raw(statement).execute(store.em.getKysely());

it.each(['update events set data = $$1$$', 'delete from events', 'truncate events', 'drop table events'])(
  'does not let the running role: %s',
  async (statement) => {
    await expect(attempt(statement)).rejects.toMatchObject({ code: '42501' });
    expect(await store.events.position()).toBe(1);
  },
);

it('runs every connection as that role, also after a reset', async () => {
  const orm = await openDatabase(store.options);
  try {
    const client = await (await orm.em.getDriver().getConnection().getNativeClient()).connect();
    const role = async () => (await client.query('select current_user as role')).rows[0].role;
    expect(await role()).toBe(runningRole('spec'));
    await client.query('reset role');
    expect(await role()).toBe(runningRole('spec'));
    client.release();
  } finally {
    await orm.close(true);
  }
});

it('bounds how long a connection waits for locks and stands idle in a transaction', async () => {
  const { rows } = await sql<{ lock: string; idle: string }>`select current_setting('lock_timeout') as lock,
    current_setting('idle_in_transaction_session_timeout') as idle`.execute(store.em.getKysely());
  expect(rows).toEqual([{ lock: '5s', idle: '10s' }]);
});
