import { DomainError } from '#libs/decider';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { runSqlOf, type RunStatement } from '../database/run-sql.js';
import { step } from '../event-store.js';
import { eventStoreContract } from './event-store.contract.js';
import { context, issue, openKeyStore, use } from './opened-store.fixture.js';

eventStoreContract('PostgreSQL', () => openKeyStore());

it('reads an event of a retired version in its present shape, for deciding, reading and read models', async () => {
  const store = await openKeyStore();
  const name = await store.subjectKeys.seal('user_1', 'written long ago');
  const data = JSON.stringify({ keyId: 'old', name, model: 'local/llama-3' });
  await sql`insert into events (position, stream, version, type, schema_version, data, metadata, actor, tenant_id)
    values (1, 'spec.key-old', 1, 'spec.key.issued', 1, ${data}::jsonb,
      ${JSON.stringify({ requestId: 'r', decisionId: 'd' })}::jsonb, 'user_1', 'acme')`.execute(store.em.getKysely());
  expect(await use(store, 'old')).toMatchObject({ version: 2, position: 2, state: { status: 'active', uses: 1 } });
  const [read] = await store.events.read({ afterPosition: 0, limit: 1 });
  expect(read?.event).toMatchObject({ version: 2, data: { models: ['local/llama-3'] } });
  const { rows } = await sql`select name, used_at_position from key_list_v1`.execute(store.em.getKysely());
  expect(rows).toEqual([{ name: 'written long ago', used_at_position: '2' }]);
});

it('writes what goes alongside together with the events, or neither', async () => {
  const store = await openKeyStore();
  await issue(store, 'k');
  // Any table that the running role may write to.
  const noted = async () => {
    const rows = await runSqlOf(store.em)(`select name from reservations where scope = 'noted'`, []);
    return rows.map(({ name }) => name);
  };
  const useIt = (keyId: string) => [step(store.keys, keyId, { do: 'use', keyId, by: 'x' })] as const;
  const note = (what: string) => async (inside: RunStatement) => {
    await inside(`insert into reservations (scope, name, stream) values ('noted', $1, 'spec.note')`, [what]);
  };
  await store.events.executeAll(useIt('k'), { context, alongside: note('used') });
  await expect(
    store.events.executeAll(useIt('nobody'), { context, alongside: note('refused by the decider') }),
  ).rejects.toThrow();
  const full = new DomainError('spec/full', 'no room');
  const alongside = async (inside: RunStatement) => {
    await note('refused alongside')(inside);
    throw full;
  };
  await expect(store.events.executeAll(useIt('k'), { context, alongside })).rejects.toBe(full);
  expect(await noted()).toEqual(['used']);
  expect((await store.events.load(store.keys, 'k')).version).toBe(2);
});

it('refuses to write an event that could not be read again', async () => {
  const store = await openKeyStore();
  const keys = {
    ...store.keys,
    decider: { ...store.keys.decider, decide: () => [{ type: 'spec.key.used' }] as never },
  };
  await expect(store.events.execute(keys, 'k', { do: 'revoke', keyId: 'k' }, { context })).rejects.toThrow();
  expect(await store.events.position()).toBe(0);
});
