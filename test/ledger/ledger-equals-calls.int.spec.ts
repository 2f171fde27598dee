import { randomUUID } from 'node:crypto';
import { KafkaBus, REDRIVEN_HEADER, type Bus, type OutgoingRecord } from '#libs/bus';
import { decisionPartition, type CallCompleted } from '#libs/contracts';
import { openEventStore, type OpenedEventStore } from '#libs/event-store';
import { silentLogger, SystemClock } from '#libs/telemetry';
import { freshDatabase, testStack, waitFor } from '#libs/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { array, constantFrom, integer, oneof, record, sample, tuple } from 'fast-check';
import { Kafka } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { engine, SpecSource, startAudit } from '../../apps/audit/src/audit.fixture.js';
import { SpoolTwin } from '../../apps/audit/src/records.fixture.js';
import { LedgerBooks } from '../../apps/policy/src/ledger/ledger-books.adapter.js';
import { LedgerConsumer } from '../../apps/policy/src/ledger/ledger.consumer.js';
import { LedgerSource } from '../../apps/policy/src/ledger/ledger-source.js';
import { storeOptions } from '../../apps/policy/src/store-options.js';

const source = new SpecSource();
const stored = engine(source);
const { brokers } = testStack().kafka;
const buses: Bus[] = [];
const consumers: LedgerConsumer[] = [];
const tenants = ['acme', 'globex', 'initech'] as const;
const bounds = { timeoutMs: 60_000, everyMs: 100 };
const secret = Buffer.alloc(32, 3).toString('base64');
const twin = new SpoolTwin(source.gateway);
let policy: OpenedEventStore;
let audit: NestFastifyApplication;

class OwnTopic extends LedgerSource {
  override readonly group = `policy.ledger.${source.suffix}`;
  override readonly decisions = source.gateway;
  override readonly consumer = `policy.${source.suffix}`;
  override readonly deadLetters = { ...source.deadLetters, name: `policy.${source.suffix}.dead-letter.v1` };
}

/** Dies before it books, and after it has booked and before the log is told: as a process does that is killed. */
class DyingBooks extends LedgerBooks {
  deaths = { before: 0, after: 0 };

  override async book(...given: Parameters<LedgerBooks['book']>): Promise<number> {
    if (this.deaths.before <= this.deaths.after && this.deaths.before < 3) {
      this.deaths.before += 1;
      throw new Error('killed before');
    }
    const count = await super.book(...given);
    if (this.deaths.after < 3) {
      this.deaths.after += 1;
      throw new Error('killed after');
    }
    return count;
  }
}

const money = oneof(
  constantFrom('0', '0.0', '00.50', '0.000000000001', '99999999999999999999.999999999999'),
  tuple(integer({ min: 0, max: 1_000_000 }), integer({ min: 0, max: 999_999_999_999 })).map(
    ([whole, fraction]) => `${whole}.${String(fraction).padStart(12, '0')}`,
  ),
);
const tokens = oneof(constantFrom(0, 1, 1_000_000_000_000), integer({ min: 0, max: 100_000 }));
const honest = record({
  tenant_id: constantFrom(...tenants),
  principal_id: constantFrom('user_a', 'user_b', 'user_\u0000', 'user_\uD800'),
  currency: constantFrom('USD', 'EUR', ''),
  at: integer({ min: 0, max: 200_000 }).map((ms) => new Date(Date.UTC(2026, 10, 28, 9) + ms).toISOString()),
  cost: money,
  input_tokens: tokens,
  output_tokens: tokens,
});
/** Figures that no record may have. A batch that holds one is given up whole, by whoever reads it. */
const hostile = constantFrom<object>(
  { cost: '-5' },
  { cost: '-0.000000000001' },
  { cost: 'NaN' },
  { cost: 'Infinity' },
  { cost: '1e9' },
  { cost: 5 },
  { cost: null },
  { cost: undefined },
  { cost: '999999999999999999999' },
  { cost: '0.0000000000001' },
  { input_tokens: -1 },
  { input_tokens: 1.5 },
  { input_tokens: 1e300 },
  { output_tokens: null },
  { output_tokens: '12' },
  { output_tokens: undefined },
);

type Batch = { readonly calls: readonly CallCompleted[]; readonly sent: OutgoingRecord };

function batchOf(calls: readonly CallCompleted[], spoiled?: object): Batch {
  const [first] = calls;
  const partition = decisionPartition(first?.tenant_id ?? '', source.gateway.partitions);
  const records = calls.map((call, index) => (index === 0 ? { ...call, ...spoiled } : call));
  const value = JSON.stringify({ records });
  return { calls, sent: { topic: source.gateway.name, key: String(partition), partition, value } };
}
/** Of a decision that is not sent: neither counts those. */
const call = (change: Partial<CallCompleted> & { tenant_id: string }) =>
  twin.completed({ decision_id: randomUUID(), principal_id: 'user_end', ...change }, change);
const publish = (batches: readonly Batch[], headers: OutgoingRecord['headers'] = {}) =>
  buses[0]?.publish(batches.map(({ sent }) => ({ ...sent, headers })));

type Sum = { cost: bigint; calls: bigint; tokens: bigint };

/** In units of 10^-12, as text by tenant, caller, minute and currency. */
function sumsOf(calls: readonly CallCompleted[]): Record<string, string> {
  const sums = new Map<string, Sum>();
  for (const { tenant_id, principal_id, at, currency, cost, input_tokens, output_tokens } of calls) {
    const caller = principal_id.toWellFormed().replaceAll('\u0000', '\uFFFD');
    const key = [tenant_id, caller, `${at.slice(0, 16)}`, currency].join(' ');
    const held = sums.get(key) ?? { cost: 0n, calls: 0n, tokens: 0n };
    const [whole = '', fraction = ''] = cost.split('.');
    sums.set(key, {
      cost: held.cost + BigInt(whole + fraction.padEnd(12, '0')),
      calls: held.calls + 1n,
      tokens: held.tokens + BigInt(input_tokens) + BigInt(output_tokens),
    });
  }
  const text = ({ cost, calls: count, tokens: all }: Sum) => `${cost} of ${count} with ${all}`;
  return Object.fromEntries([...sums].map(([key, sum]) => [key, text(sum)]));
}

type Row = Record<'tenant_id' | 'caller' | 'minute' | 'currency' | 'cost' | 'calls' | 'tokens', string>;
const keyed = (rows: readonly Row[]) =>
  Object.fromEntries(
    rows.map(({ tenant_id, caller, minute, currency, cost, calls, tokens: all }) => {
      const [whole = '', fraction = ''] = cost.split('.');
      const units = BigInt(whole + fraction.padEnd(12, '0'));
      return [[tenant_id, caller, minute, currency].join(' '), `${units} of ${calls} with ${all}`];
    }),
  );

/** The model of the calls that {@link settle} sends. */
const END = 'spec/end';
let settled = 0;
async function inLedger() {
  return keyed(
    (await policy.em.fork().execute(`
      select tenant_id, substr(debit, 6) as caller, currency, sum(amount)::text as cost, sum(calls)::text as calls,
        to_char(minute at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI') as minute,
        (sum(input_tokens) + sum(output_tokens))::text as tokens
      from ledger_minutes_v1 where model <> '${END}' group by tenant_id, debit, minute, currency`)) as Row[],
  );
}
async function inCalls() {
  return keyed(
    await stored.rows<Row>(`
      SELECT tenant_id, replaceAll(principal_id, char(0), '\uFFFD') AS caller, currency, toString(sum(cost)) AS cost,
        toString(count()) AS calls, formatDateTime(toStartOfMinute(at), '%Y-%m-%dT%H:%i') AS minute,
        toString(sum(input_tokens) + sum(output_tokens)) AS tokens
      FROM db.calls WHERE resolved_model != '${END}' GROUP BY tenant_id, caller, minute, currency`),
  );
}

/** Sends a last call of each tenant, and waits until both have it: all before it is there as well, or never will be. */
async function settle(): Promise<void> {
  const marks = tenants.map((tenant_id) => batchOf([call({ tenant_id, resolved_model: END, cost: '0' })]));
  settled += marks.length;
  await publish(marks);
  await waitFor(async () => {
    const [row] = (await policy.em
      .fork()
      .execute(`select sum(calls)::int as n from ledger_minutes_v1 where model = '${END}'`)) as { n: number }[];
    return row?.n === settled;
  }, bounds);
  await waitFor(async () => {
    const [row] = await stored.rows<{ n: number }>(`SELECT count() AS n FROM db.calls WHERE resolved_model = '${END}'`);
    return Number(row?.n) === settled;
  }, bounds);
}

function openBus(clientId: string): Bus {
  const bus = new KafkaBus({ brokers, clientId });
  buses.push(bus);
  return bus;
}

beforeAll(async () => {
  const bus = openBus('spool');
  await bus.ensureTopics([...source.topics, source.deadLetters]);
  const keys = { GATEHOUSE_SEAL_KEY: secret, GATEHOUSE_BUS_KEY: secret };
  policy = await openEventStore(storeOptions({ DATABASE_URL: await freshDatabase('ledger'), ...keys }), bus);
  audit = (await startAudit(source, openBus('audit'))).app;
});
afterAll(async () => {
  for (const consumer of consumers) await consumer.onModuleDestroy();
  await audit?.close();
  await policy?.close();
  for (const bus of buses) await bus.close();
  const admin = new Kafka({ brokers }).admin();
  await admin.connect();
  const own = (await admin.listTopics()).filter((name) => name.includes(source.suffix));
  await admin.deleteTopics({ topics: own });
  await admin.disconnect();
  await stored.close();
});

it('sums up to what calls sum up to, and to what was sent: whatever is sent twice, hostile, killed or sent again', async () => {
  const parts = sample(
    tuple(
      constantFrom(...tenants),
      array(honest, { minLength: 1, maxLength: 6 }),
      oneof({ weight: 4, arbitrary: constantFrom(undefined) }, hostile),
    ),
    80,
  );
  const batches = parts.map(([tenant_id, figures, spoiled]) => ({
    ...batchOf(
      figures.map((figure) => call({ ...figure, tenant_id })),
      spoiled,
    ),
    isGood: spoiled === undefined,
  }));
  const good = batches.filter(({ isGood }) => isGood);
  const given = batches.filter(({ isGood }) => !isGood);
  const expected = good.flatMap(({ calls }) => calls);

  const dying = new DyingBooks(policy.em);
  const start = (clientId: string) => {
    const consumer = new LedgerConsumer(openBus(clientId), dying, new OwnTopic(), new SystemClock(), silentLogger);
    consumers.push(consumer);
    consumer.onApplicationBootstrap();
  };
  start('ledger-1');
  // A spool that dies sends again from some place behind.
  for (let from = 0; from < batches.length; from += 20) await publish(batches.slice(Math.max(0, from - 7), from + 20));
  start('ledger-2');
  await settle();
  expect(dying.deaths).toEqual({ before: 3, after: 3 });
  expect(await inLedger()).toEqual(sumsOf(expected));
  expect(await inCalls()).toEqual(sumsOf(expected));

  // All of it once more, at new offsets; and what was given up, as a reader that can read it would find it.
  const again = given.map(({ calls }) => batchOf(calls));
  await publish(again, { [REDRIVEN_HEADER]: 'letters/1' });
  await publish(batches);
  await publish(again, { [REDRIVEN_HEADER]: 'letters/1' });
  await settle();
  const all = sumsOf(batches.flatMap(({ calls }) => calls));
  expect(await inLedger()).toEqual(all);
  expect(await inCalls()).toEqual(all);
  expect(given.length).toBeGreaterThan(0);
  const [row] = (await policy.em.fork().execute('select min(amount) as least from ledger_minutes_v1')) as {
    least: string;
  }[];
  expect(Number(row?.least)).toBeGreaterThanOrEqual(0);
});
