import { KafkaBus, MemoryBus } from '#libs/bus';
import { waitFor } from '#libs/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { ClickHouseDoor } from './clickhouse-door.fixture.js';
import { engine, SpecSource, startAudit } from './audit.fixture.js';
import { People } from './people.fixture.js';
import { firstBreak, type StoredRow } from '#libs/chain';
import { publish, SpoolTwin } from './records.fixture.js';

const source = new SpecSource();
const withoutKafka = new SpecSource();
const torn = new SpecSource();
const [stored, others, pieces] = [engine(source), engine(withoutKafka), engine(torn)];

const ready = async ({ app }: Awaited<ReturnType<typeof startAudit>>) =>
  (await app.inject({ url: '/readyz' })).json<{ checks: Record<string, unknown> }>().checks;

afterAll(async () => {
  await stored.close();
  await others.close();
  await pieces.close();
});

describe('without ClickHouse', () => {
  it('starts, says what it waits for, answers 503, and goes on where it was when ClickHouse comes, goes and comes', async () => {
    const door = new ClickHouseDoor();
    await door.open();
    await door.shut();
    const bus = new MemoryBus();
    const people = new People(bus, source.suffix);
    await bus.ensureTopics([...source.topics, source.deadLetters]);
    await people.open();
    const audit = await startAudit(source, bus, people, { url: door.url });
    const spool = new SpoolTwin(source.gateway);
    const status = async (url: string) => (await audit.app.inject({ url, headers: people.bearer('ada') })).statusCode;
    const rows = async () => (await stored.rows<{ n: number }>('SELECT count() AS n FROM db.decisions'))[0]?.n;

    expect(await status('/healthz')).toBe(200);
    expect(await ready(audit)).toMatchObject({ clickhouse: 'waiting for ClickHouse', ingest: expect.any(String) });
    await waitFor(async () => (await ready(audit))['access'] === true);
    for (const path of ['decisions', 'calls', 'usage', 'reconciliation', `decisions/${spool.decided().decision_id}`]) {
      expect(await status(`/v1/${path}`)).toBe(503);
    }
    expect(audit.records.every(({ code, outcome }) => code === 'audit_unavailable' && outcome === 'deny')).toBe(true);

    await publish(bus, source.gateway, [spool.decided()]);
    await door.open();
    await waitFor(async () => (await rows()) === 1, { timeoutMs: 60_000 });
    await door.shut();
    await publish(bus, source.gateway, [spool.decided(), spool.decided()]);
    await waitFor(async () => (await ready(audit))['clickhouse'] !== true);
    expect(await status('/v1/decisions')).toBe(503);
    await door.open();
    await waitFor(async () => (await rows()) === 3, { timeoutMs: 30_000 });
    expect(await status('/v1/decisions')).toBe(200);

    people.close();
    await audit.app.close();
    await door.shut();
    await bus.close();
  });
});

describe('with a line to ClickHouse that breaks, before an insert is done and after', () => {
  it('stores each decision once, in chains that hold, with sums that are those of the rows', async () => {
    const fates = ['pass', 'pass', 'cut after', 'pass', 'cut before', 'pass', 'pass'] as const;
    let inserts = 0;
    const door = new ClickHouseDoor((url) =>
      url.includes('insert_deduplication_token') ? (fates[(inserts += 1) % fates.length] ?? 'pass') : 'pass',
    );
    await door.open();
    const bus = new MemoryBus();
    await bus.ensureTopics([...torn.topics, torn.deadLetters]);
    const audit = await startAudit(torn, bus, undefined, { url: door.url });
    const spool = new SpoolTwin(torn.gateway);
    const made = Array.from({ length: 60 }, (_, i) => spool.decided({ tenant_id: i % 2 ? 'acme' : 'globex' }));
    const ended = made.map((decision) => spool.completed(decision));
    const records = made.flatMap((decision, i) => [decision, ...ended.slice(i, i + 1)]);
    const seqs = new Map<string, number>();
    const numbered = records.map((record) => {
      const seq = (seqs.get(record.tenant_id) ?? 0) + 1;
      seqs.set(record.tenant_id, seq);
      return { ...record, seq };
    });
    // Several ranges, each under way before the next arrives.
    for (let from = 0; from < numbered.length; from += 12) {
      const before = inserts;
      await publish(bus, torn.gateway, numbered.slice(from, from + 12));
      await waitFor(() => inserts > before, { timeoutMs: 30_000 });
    }
    const chain = (table: string, tenant: string) =>
      pieces.rows<StoredRow>(
        `SELECT * FROM db.${table} WHERE tenant_id = '${tenant}' ORDER BY kafka_offset, kafka_index`,
      );
    const ids = async (table: string) =>
      (await Promise.all(['acme', 'globex'].map((tenant) => chain(table, tenant))))
        .flat()
        .map((row) => row['decision_id']);
    await waitFor(async () => (await ids('decisions')).length + (await ids('calls')).length >= records.length, {
      timeoutMs: 60_000,
      everyMs: 200,
    });
    await audit.app.close();

    expect(inserts).toBeGreaterThan(fates.length);
    const expected = made.map(({ decision_id }) => decision_id).toSorted();
    for (const table of ['decisions', 'calls']) {
      expect((await ids(table)).toSorted()).toEqual(expected);
      for (const tenant of ['acme', 'globex']) expect(firstBreak(await chain(table, tenant))).toBeUndefined();
      const [sums] = await pieces.rows(`SELECT sum(rows) AS n FROM db.${table}_by_minute`);
      expect(sums).toEqual({ n: made.length });
    }
    await door.shut();
    await bus.close();
  });
});

describe('without Kafka', () => {
  it('starts, says what it waits for, and stops in order', async () => {
    const bus = new KafkaBus({ brokers: ['127.0.0.1:1'], clientId: 'audit-1' });
    const audit = await startAudit(withoutKafka, bus);
    expect((await audit.app.inject({ url: '/healthz' })).statusCode).toBe(200);
    expect(await ready(audit)).toMatchObject({ ingest: 'waiting for ClickHouse and Kafka' });
    expect((await audit.app.inject({ url: '/v1/decisions' })).statusCode).toBe(503);
    await audit.app.close();
    await bus.close();
  });
});
