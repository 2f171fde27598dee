import { Client } from 'pg';
import { expect, it } from 'vitest';
import { issue, openKeyStore, use } from '../contract/opened-store.fixture.js';
import { CONNECTIONS_MAX } from './database.js';

it('goes on after the server has ended every connection, in the middle of transactions, time and again', async () => {
  const store = await openKeyStore();
  await issue(store, 'k1');
  const admin = new Client({ connectionString: store.options.databaseUrl });
  await admin.connect();
  try {
    for (let round = 0; round < 3; round += 1) {
      const open = Array.from({ length: CONNECTIONS_MAX }, async () => {
        const em = store.em.fork();
        await em.begin();
        return em;
      });
      const began = await Promise.all(open);
      await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name like 'gatehouse-%'`);
      const ends = await Promise.allSettled(began.map((em) => em.commit()));
      expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
    }
    expect((await use(store, 'k1')).version).toBe(2);
  } finally {
    await admin.end();
  }
});
