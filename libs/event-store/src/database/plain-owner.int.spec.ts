import { freshDatabase, freshName } from '#libs/testing';
import { Client } from 'pg';
import { afterAll, expect, it } from 'vitest';
import { issue, keyStoreOptions, openKeyStore } from '../contract/opened-store.fixture.js';
import { runningRole } from './schema-name.js';

const owner = freshName('owner', '_');
const schema = freshName('plain', '_');
const clean: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const step of clean) await step();
});

it('migrates and runs for a database user who is no superuser, and holds that user to appending, too', async () => {
  const databaseUrl = new URL(await freshDatabase());
  const database = databaseUrl.pathname.slice(1);
  const admin = new Client({ connectionString: databaseUrl.href });
  await admin.connect();
  clean.push(async () => {
    await admin.query(`drop schema ${schema} cascade`);
    await admin.query(`drop owned by ${runningRole(schema)}, ${owner} cascade`);
    await admin.query(`drop role ${runningRole(schema)}, ${owner}`);
    await admin.end();
  });
  await admin.query(`create role ${owner} login createrole password 'spec'`);
  await admin.query(`grant create on database "${database}" to ${owner}`);
  databaseUrl.username = owner;
  databaseUrl.password = 'spec';
  const store = await openKeyStore(undefined, { ...(await keyStoreOptions()), schema, databaseUrl: databaseUrl.href });
  await issue(store, 'k1');
  await expect(store.em.fork().execute('delete from events')).rejects.toMatchObject({ code: '42501' });
  expect(await store.events.position()).toBe(1);
  await store.close();
});
