import { createServer, type Server } from 'node:http';
import { KafkaBus, MemoryBus } from '#libs/bus';
import { testStack, waitFor } from '#libs/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { engine, SpecSource, startAudit } from './audit.fixture.js';
import { People } from './people.fixture.js';
import { publish, SpoolTwin } from './records.fixture.js';

const source = new SpecSource();
const withoutKafka = new SpecSource();
const [stored, others] = [engine(source), engine(withoutKafka)];

/** A door in front of ClickHouse that can be shut: connections are refused then. */
class Door {
  private server: Server | undefined;
  port = 0;

  async open(): Promise<void> {
    const base = testStack().clickhouse.url;
    this.server = createServer(async (request, reply) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {};
      const answer = await fetch(base + request.url, { method: request.method ?? 'GET', ...body });
      const code = answer.headers.get('x-clickhouse-exception-code');
      reply.writeHead(answer.status, code ? { 'x-clickhouse-exception-code': code } : {});
      reply.end(Buffer.from(await answer.arrayBuffer()));
    });
    await new Promise<void>((resolve) => this.server?.listen(this.port, '127.0.0.1', resolve));
    const address = this.server.address();
    this.port = typeof address === 'object' && address ? address.port : 0;
  }

  async shut(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}

const ready = async ({ app }: Awaited<ReturnType<typeof startAudit>>) =>
  (await app.inject({ url: '/readyz' })).json<{ checks: Record<string, unknown> }>().checks;

afterAll(async () => {
  await stored.close();
  await others.close();
});

describe('without ClickHouse', () => {
  it('starts, says what it waits for, answers 503, and goes on where it was when ClickHouse comes, goes and comes', async () => {
    const door = new Door();
    await door.open();
    await door.shut();
    const bus = new MemoryBus();
    const people = new People(bus, source.suffix);
    await bus.ensureTopics([...source.topics, source.deadLetters]);
    await people.open();
    const audit = await startAudit(source, bus, people, `http://127.0.0.1:${door.port}`);
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
    await waitFor(async () => (await rows()) === 1, { timeoutMs: 20_000 });
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
