import { MemoryBus } from '#libs/bus';
import { topics } from '#libs/contracts';
import { openEventStore, type OpenedEventStore } from '#libs/event-store';
import { silentLogger, SystemClock } from '#libs/telemetry';
import { freshDatabase, waitFor } from '#libs/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { storeOptions } from '../store-options.js';
import { GatewayTwin } from './decisions.fixture.js';
import { LedgerBooks } from './ledger-books.adapter.js';
import { LedgerConsumer } from './ledger.consumer.js';
import { LedgerSource } from './ledger-source.js';

const bus = new MemoryBus();
const bounds = { timeoutMs: 30_000 };
const secret = Buffer.alloc(32, 4).toString('base64');
let databaseUrl: string;
let store: OpenedEventStore;
let books: LedgerBooks;
let consumer: LedgerConsumer;

const rows = async <Row>(sql: string) => (await store.em.fork().execute(sql)) as Row[];
const onTopic = () => bus.log.read(topics.policyDeadLetter.name, 0, 0n, 1_000);

beforeAll(async () => {
  databaseUrl = await freshDatabase('ledger');
  const keys = { GATEHOUSE_SEAL_KEY: secret, GATEHOUSE_BUS_KEY: secret };
  store = await openEventStore(storeOptions({ DATABASE_URL: databaseUrl, ...keys }), bus);
  books = new LedgerBooks(store.em);
  const source = new LedgerSource();
  await bus.ensureTopics([source.decisions, source.deadLetters]);
  consumer = new LedgerConsumer(bus, books, source, new SystemClock(), silentLogger);
  consumer.onApplicationBootstrap();
});
afterAll(async () => {
  await consumer.onModuleDestroy();
  await store.close();
  await bus.close();
});

it('is booked once, also where the database ends its transaction in the middle, and by two at a time', async () => {
  const twin = new GatewayTwin();
  const calls = [twin.completed({ tenant_id: 'initech' }), twin.completed({ tenant_id: 'initech', cost: '0.00003' })];
  const admin = new Client({ connectionString: databaseUrl });
  await admin.connect();
  try {
    // It has marked its numbers by then, and waits for the entries' table.
    await admin.query('begin');
    await admin.query('lock table policy.ledger_minutes_v1 in exclusive mode');
    const killed = books.book(3, calls).then(
      () => 'booked',
      () => 'killed',
    );
    const waiting = `select pid from pg_locks where relation = 'policy.ledger_minutes_v1'::regclass and not granted`;
    const pid = await waitFor(async () => (await admin.query<{ pid: number }>(waiting)).rows[0]?.pid, bounds);
    await admin.query('select pg_terminate_backend($1)', [pid]);
    expect(await killed).toBe('killed');
  } finally {
    await admin.query('rollback');
    await admin.end();
  }
  expect(await rows(`select 1 from ledger_minutes_v1 where tenant_id = 'initech'`)).toEqual([]);
  const counts = await Promise.all([books.book(3, calls), books.book(3, calls), books.book(3, calls)]);
  expect(counts.toSorted()).toEqual([0, 0, 2]);
  expect(await rows(`select amount::text, calls::int from ledger_minutes_v1 where tenant_id = 'initech'`)).toEqual([
    { amount: '0.00020', calls: 2 },
  ]);
});

it('that no column could hold stops nothing: the batch is kept aside, what is behind it is booked', async () => {
  const before = onTopic().length;
  const twin = new GatewayTwin();
  const spoiled = twin.batch([twin.completed({ cost: '-1', tenant_id: 'initech' })], 'initech');
  await bus.publish([spoiled]);
  await twin.send(bus, twin.completed({ tenant_id: 'initech', currency: 'EUR', resolved_model: 'a\u0000b' }));
  const found = await waitFor(async () => {
    const [row] = await rows<object>(`select model, amount::text from ledger_minutes_v1 where currency = 'EUR'`);
    return row;
  }, bounds);
  expect(found).toEqual({ model: 'a\uFFFDb', amount: '0.00017' });
  const letters = onTopic().slice(before);
  expect(letters.map(({ headers }) => headers?.['gh_dead_reason']?.toString())).toEqual(['not_a_decision_batch']);
});
