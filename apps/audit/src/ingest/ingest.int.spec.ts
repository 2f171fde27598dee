import { KafkaBus, type Bus } from '#libs/bus';
import type { DecisionRecord } from '#libs/contracts';
import { testStack, waitFor } from '#libs/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Kafka } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engine, SpecSource, startAudit } from '../audit.fixture.js';
import { batches, publish, SpoolTwin } from '../records.fixture.js';
import { firstBreak, type StoredRow } from '#libs/chain';

const source = new SpecSource();
const { brokers } = testStack().kafka;
const stored = engine(source);
const open: { bus: Bus; app?: NestFastifyApplication }[] = [];
const tenants = ['acme', 'globex', ''];

function openBus(clientId: string): KafkaBus {
  const bus = new KafkaBus({ brokers, clientId });
  open.push({ bus });
  return bus;
}

/** One audit process; its own bus, as two processes have. */
async function start(clientId: string) {
  const bus = openBus(clientId);
  const { app } = await startAudit(source, bus);
  open.push({ bus, app });
  await waitFor(async () => (await readiness(app))['ingest'] === true, { timeoutMs: 30_000, what: 'the consumer' });
  return app;
}

const readiness = async (app: NestFastifyApplication) =>
  (await app.inject({ url: '/readyz' })).json<{ checks: Record<string, unknown> }>().checks;

const KEY = 'tenant_id, replica, boot, seq';
const keyOf = ({
  replica,
  boot,
  tenant_id,
  seq,
}: Record<'replica' | 'boot' | 'tenant_id', unknown> & { seq: number }) =>
  `${String(tenant_id)}/${String(replica)}/${String(boot)}/${seq}`;
const keysOf = (records: readonly DecisionRecord[]) => records.map(keyOf).toSorted();
const storedKeys = async () =>
  (await Promise.all(['decisions', 'calls'].map((table) => stored.rows(`SELECT ${KEY} FROM db.${table}`))))
    .flat()
    .map((row) => keyOf(row as never))
    .toSorted();

const spool = new SpoolTwin(source.gateway);
const made: DecisionRecord[] = [];

/** Decisions and calls of all tenants, kept to be compared with what is stored. */
function make(count: number): DecisionRecord[] {
  const records = Array.from({ length: count }, (_, i) => {
    const decision = spool.decided({ tenant_id: tenants[i % tenants.length] ?? '' });
    return i % 2 === 0 ? [decision, spool.completed(decision, { latency_ms: Math.random() * 1000 })] : [decision];
  }).flat();
  made.push(...records);
  return records;
}

const producer = openBus('spool');
const complete = (timeoutMs = 60_000) =>
  waitFor(async () => (await storedKeys()).length >= made.length, { timeoutMs, everyMs: 100, what: 'all rows' });

beforeAll(async () => {
  await producer.ensureTopics([...source.topics, source.deadLetters]);
});
afterAll(async () => {
  for (const { app } of open) await app?.close();
  for (const { bus } of open) await bus.close();
  const admin = new Kafka({ brokers }).admin();
  await admin.connect();
  const own = (await admin.listTopics()).filter((name) => name.includes(source.suffix));
  await admin.deleteTopics({ topics: own });
  await admin.disconnect();
  await stored.close();
});

describe('from Kafka into ClickHouse', () => {
  it('stores every decision once through a rebalance, a consumer that leaves and one that comes back', async () => {
    await publish(producer, source.gateway, make(300));
    const first = await start('audit-1');
    await publish(producer, source.gateway, make(300));
    const second = await start('audit-2');
    await publish(producer, source.gateway, make(300));
    await first.close();
    await publish(producer, source.gateway, make(300));
    await complete();
    await second.close();
    await publish(producer, source.gateway, make(60));
    await start('audit-3');
    await complete();
    expect(await storedKeys()).toEqual(keysOf(made));
  });

  it('stores nothing twice when a spool is sent again at new offsets', async () => {
    await producer.publish(batches(source.gateway, made.slice(0, 200)));
    await publish(producer, source.gateway, make(10));
    await complete();
    expect(await storedKeys()).toEqual(keysOf(made));
  });

  it('puts poison to the dead letters and goes on behind it', async () => {
    const good = make(1);
    const partition = batches(source.gateway, good)[0]?.partition ?? 0;
    const poison = [
      'not JSON',
      '{"records":[{"type":"access.decided"}]}',
      JSON.stringify({ records: [{ ...good[0], at: '1969-01-01T00:00:00.000Z' }] }),
    ];
    await producer.publish(poison.map((value) => ({ topic: source.gateway.name, key: null, partition, value })));
    await publish(producer, source.gateway, good);
    await complete();
    expect(await storedKeys()).toEqual(keysOf(made));
    const { partitions } = await producer.endOffsets([source.deadLetters.name]);
    expect(partitions.map(({ end }) => end)).toEqual([3n]);
  });

  it('stores texts that are no text, and numbers at their bounds, in a form that hashes the same when read', async () => {
    const odd = spool.decided({
      requested_model: 'cut \ud83d',
      user_agent: 'tab\t newline\n nul\u0000 quote" back\\ 😀',
      metadata: { 'k\ud83d': '\ude00', __proto__x: '' },
      at: '2026-11-23T09:00:00.123456Z',
      stale_ms: 2 ** 40,
      count: 2 ** 33,
    });
    const call = spool.completed(odd, {
      latency_ms: 1e21,
      time_to_first_token_ms: 5e-324,
      input_tokens: 1e12,
      cost: '00000000000000000012.340000000000',
    });
    made.push(odd, call);
    await publish(producer, source.gateway, [odd, call]);
    await complete();
    const [row] = await stored.rows<StoredRow>(`SELECT * FROM db.decisions WHERE decision_id = '${odd.decision_id}'`);
    expect(row).toMatchObject({ requested_model: 'cut \ufffd', user_agent: odd.user_agent, stale_ms: 2 ** 40 });
    const [end] = await stored.rows<StoredRow>(`SELECT * FROM db.calls WHERE decision_id = '${odd.decision_id}'`);
    expect(end).toMatchObject({ cost: '12.34', latency_ms: 1e21, time_to_first_token_ms: 5e-324 });
  });
});

describe('the chains of stored rows', () => {
  const chain = (table: string, tenant: string) =>
    stored.rows<StoredRow>(
      `SELECT * FROM db.${table} WHERE tenant_id = '${tenant}' ORDER BY kafka_partition, kafka_offset, kafka_index`,
    );

  it.each(['decisions', 'calls'])('can be computed again from a plain SELECT of %s', async (table) => {
    for (const tenant of tenants) {
      const rows = await chain(table, tenant);
      expect(rows.length).toBeGreaterThan(50);
      expect(firstBreak(rows)).toBeUndefined();
    }
  });

  it('show a row that was changed, dropped or moved', async () => {
    const rows = await chain('decisions', 'acme');
    const [a, b, c, d] = rows as [StoredRow, StoredRow, StoredRow, StoredRow];
    expect(firstBreak([a, { ...b, outcome: 'deny' }, c, d])).toMatchObject({ decision_id: b['decision_id'] });
    expect(firstBreak([a, c, d])).toBe(c);
    expect(firstBreak([a, c, b, d])).toBe(c);
    expect(firstBreak([c, d], b.chain_hash)).toBeUndefined();
    await stored.command(
      `ALTER TABLE db.decisions UPDATE http_status = 500 WHERE decision_id = '${String(b['decision_id'])}'`,
    );
    expect(firstBreak(await chain('decisions', 'acme'))).toMatchObject({ decision_id: b['decision_id'] });
  });

  it('leave the sums by minute equal to the rows', async () => {
    const [sums] = await stored.rows('SELECT sum(rows) AS rows, sum(cost) AS cost FROM db.calls_by_minute');
    expect(sums).toEqual((await stored.rows('SELECT count() AS rows, sum(cost) AS cost FROM db.calls'))[0]);
    const [decisions] = await stored.rows('SELECT sum(rows) AS rows, sum(decisions) AS n FROM db.decisions_by_minute');
    expect(decisions).toEqual((await stored.rows('SELECT count() AS rows, sum(count) AS n FROM db.decisions'))[0]);
  });
});
