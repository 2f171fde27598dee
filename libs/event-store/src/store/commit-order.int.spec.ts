import { DomainError } from '#libs/decider';
import { waitFor } from '#libs/testing';
import { Client } from 'pg';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { issue, openKeyStore, use, type KeyStore } from '../contract/opened-store.fixture.js';
import { takeAppendLock } from './append-lock.js';

const WRITERS = 300;
let store: KeyStore;
const clients: Client[] = [];

beforeAll(async () => {
  store = await openKeyStore();
  await issue(store, 'busy');
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end().catch(() => undefined)));
});

async function connect(): Promise<Client> {
  const client = new Client({ connectionString: store.options.databaseUrl });
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  return client;
}

/** Reads on from where it stands until told that nothing more will come, and says in which order it saw things. */
async function readUntil(done: () => boolean): Promise<number[]> {
  const seen: number[] = [];
  for (let last = false; ;) {
    const events = await store.events.read({ afterPosition: seen.at(-1) ?? 0, limit: 7 });
    seen.push(...events.map(({ position }) => position));
    if (events.length === 0 && last) return seen;
    last = done();
  }
}

it('lets a reader miss and reorder nothing while hundreds of writers dawdle between position and commit', async () => {
  const owner = await connect();
  await owner.query(`create function spec.dawdle() returns trigger language plpgsql as $$
    begin perform pg_sleep(random() * 0.01); return null; end $$`);
  await owner.query('create trigger dawdle after insert on spec.events execute function spec.dawdle()');
  const second = await openKeyStore(store.bus, store.options);
  let done = false;
  const reading = readUntil(() => done);
  const writing = Array.from({ length: WRITERS }, (_, n) =>
    waitFor(() => issue(n % 2 ? store : second, `w${n}`), { timeoutMs: 60_000, what: `writer ${n}` }),
  );
  await Promise.all(writing);
  done = true;
  const seen = await reading;
  const { rows } = await owner.query('select position::int from spec.events order by position');
  expect(seen).toEqual(rows.map(({ position }) => position));
  expect(seen).toHaveLength(WRITERS + 1);
  expect(seen).toEqual(seen.map((_, index) => index + 1));
  await owner.query('drop trigger dawdle on spec.events');
});

it('is blocked by no session that stands idle in a transaction elsewhere', async () => {
  const idle = await connect();
  await idle.query('begin isolation level repeatable read');
  await idle.query('select * from spec.events for share');
  await idle.query('create table spec.made_by_the_idle_one ()');
  const { position } = await use(store, 'busy');
  const events = await store.events.read({ afterPosition: position - 1 });
  expect(events.map(({ event }) => event.type)).toEqual(['spec.key.used']);
  await idle.query('rollback');
});

it('answers store/busy while an append hangs, until the server ends the hanging session', async () => {
  const hanging = store.em.fork();
  await hanging.begin();
  await takeAppendLock(hanging);
  const started = Date.now();
  await expect(use(store, 'busy')).rejects.toEqual(
    expect.objectContaining({ code: 'store/busy' } satisfies Partial<DomainError>),
  );
  expect(Date.now() - started).toBeGreaterThan(4000);
  await waitFor(() => use(store, 'busy').then(() => true), {
    timeoutMs: 60_000,
    what: 'the hanging session to be ended',
  });
  await hanging.rollback().catch(() => undefined);
});
