import { MemoryBus } from '#libs/bus';
import type { AccessDecided } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engine, SpecSource, startAudit, ready } from '../audit.fixture.js';
import { People, type Person } from '../people.fixture.js';
import { publish, SpoolTwin } from '../records.fixture.js';

type Found = Record<string, unknown> & { writers: Record<string, unknown>[]; partitions: Record<string, unknown>[] };

const source = new SpecSource();
const stored = engine(source);
const bus = new MemoryBus();
const people = new People(bus, source.suffix);
const [one, two] = ['gateway-1', 'gateway-2'].map(
  (replica) => new SpoolTwin(source.gateway, { replica, boot: `${replica}-boot` }),
) as [SpoolTwin, SpoolTwin];

const byReplica = (a: Record<string, unknown>, b: Record<string, unknown>) =>
  String(a['replica']).localeCompare(String(b['replica']));

const hole = { topic: source.gateway.name, partition: expect.any(Number) as number };

let audit: Awaited<ReturnType<typeof startAudit>>;
let sent = 0;

const get = async (person: Person | undefined, query = '') => {
  const headers = person ? people.bearer(person) : {};
  const answer = await audit.app.inject({ url: `/v1/reconciliation${query}`, headers });
  return { status: answer.statusCode, body: answer.json<Found>() };
};
const send = async (records: readonly AccessDecided[]) => {
  await publish(bus, source.gateway, records);
  sent += records.length;
};
/** Once all that was sent has been consumed. */
const look = (query = '') =>
  waitFor(async () => {
    const { body } = await get('operator', query);
    return body['lag'] === 0 && body['rows'] === sent && body;
  });

beforeAll(async () => {
  await bus.ensureTopics([...source.topics, source.deadLetters]);
  await people.open();
  audit = await startAudit(source, bus, people);
  await ready(audit);
  const made = Array.from({ length: 10 }, () => one.decided());
  const ended = made.slice(0, 7).map((decision) => one.completed(decision));
  await publish(bus, source.gateway, [...made, ...ended]);
  sent += ended.length + made.length;
  await send(Array.from({ length: 5 }, () => two.decided({ tenant_id: 'globex' })));
});
afterAll(async () => {
  people.close();
  await audit.app.close();
  await bus.close();
  await stored.close();
});

describe('GET /v1/reconciliation for the operator', () => {
  it('is consistent when everything that was sent is stored once', async () => {
    const found = await look();
    expect(found).toMatchObject({ consistent: true, rows: 22, distinct_ids: 22, holes: 0, duplicates: 0, missing: [] });
    expect(found['rollups']).toMatchObject({ differing: [] });
    expect(
      found.writers
        .toSorted(byReplica)
        .map(({ replica, rows, decisions, calls, highest_seq, holes }) => [
          replica,
          rows,
          decisions,
          calls,
          highest_seq,
          holes,
        ]),
    ).toEqual([
      ['gateway-1', 17, 10, 7, 17, 0],
      ['gateway-2', 5, 5, 0, 5, 0],
    ]);
    const ends = found.partitions.filter(({ end_offset }) => end_offset !== 0);
    expect(ends.length).toBeGreaterThan(0);
    for (const { end_offset, committed_offset } of ends) expect(committed_offset).toBe(end_offset);
  });

  it('sees nothing wrong in a window that begins in the middle of a boot', async () => {
    const moment = new Date(Date.now() + 1_000).toISOString();
    // Sequences are kept by the second.
    await waitFor(() => Date.now() > Date.parse(moment));
    await send([two.decided({ tenant_id: 'globex' })]);
    await look();
    const { body } = await get('operator', `?from=${moment}`);
    expect(body).toMatchObject({ consistent: true, rows: 1, holes: 0 });
    expect(body.writers).toEqual([expect.objectContaining({ replica: 'gateway-2', first_seq: 6, highest_seq: 6 })]);
  });

  it('names the numbers that are missing', async () => {
    two.decided({ tenant_id: 'globex' });
    two.decided({ tenant_id: 'globex' });
    await send([two.decided({ tenant_id: 'globex' })]);
    const missing = [{ replica: 'gateway-2', boot: 'gateway-2-boot', first_seq: 7, last_seq: 8 }];
    expect(await look()).toMatchObject({ consistent: false, holes: 2, missing });
  });

  it('notices a row that stands twice and one that was taken out', async () => {
    await stored.command("INSERT INTO db.decisions SELECT * FROM db.decisions WHERE tenant_id = 'globex' LIMIT 1");
    await stored.command("DELETE FROM db.decisions WHERE tenant_id = 'acme' AND seq = 3");
    const { body } = await get('operator');
    expect(body).toMatchObject({ consistent: false, duplicates: 1, holes: 3 });
  });

  it('names the last row of a writer, and all of one, that were taken out', async () => {
    const three = new SpoolTwin(source.gateway, { replica: 'gateway-3', boot: 'gateway-3-boot' });
    await send([three.decided(), three.decided()]);
    await waitFor(async () => (await get('operator')).body.writers.some(({ replica }) => replica === 'gateway-3'));
    const before = (await get('operator')).body['holes'] as number;
    await stored.command("DELETE FROM db.decisions WHERE replica = 'gateway-3' OR (replica = 'gateway-2' AND seq = 9)");
    const { body } = await get('operator');
    expect(body).toMatchObject({ consistent: false, holes: before + 3 });
    expect(body['missing']).toEqual(
      expect.arrayContaining([
        { ...hole, replica: 'gateway-2', boot: 'gateway-2-boot', first_seq: 7, last_seq: 9 },
        { ...hole, replica: 'gateway-3', boot: 'gateway-3-boot', first_seq: 1, last_seq: 2 },
      ]),
    );
    expect(body.writers.find(({ replica }) => replica === 'gateway-3')).toMatchObject({ rows: 0, highest_seq: 2 });
  });

  it('names a table of sums that does not say what the rows say', async () => {
    const former = (await get('operator')).body['rollups'] as { compared: string[]; differing: object[] };
    expect(former.compared).toEqual(expect.arrayContaining(['calls_by_minute', 'decisions_by_minute', 'key_uses']));
    const named = (body: Found) =>
      (body['rollups'] as typeof former).differing.map((each) => (each as { rollup: string }).rollup);
    // Rows were put in and taken out above, past what keeps sums.
    expect(named((await get('operator')).body)).toEqual(expect.not.arrayContaining(['calls_by_minute']));
    await stored.command('DELETE FROM db.calls_by_minute WHERE 1');
    const { body } = await get('operator');
    expect(body['consistent']).toBe(false);
    expect(named(body)).toContain('calls_by_minute');
  });

  it('counts what was given up', async () => {
    await bus.publish([{ topic: source.gateway.name, key: null, partition: 0, value: 'poison' }]);
    expect(await waitFor(async () => (await get('operator')).body['dead_letters'] === 1)).toBe(true);
  });
});

describe('GET /v1/reconciliation of a tenant', () => {
  it('counts its own rows alone, and the calls that have not ended', async () => {
    // One decision of acme was taken out above, whose call is still there.
    const counts = { decisions: 9, calls: 7, allowed_calls: 9, calls_without_end: 3 };
    expect((await get('ada')).body).toMatchObject({ scope: 'tenant', tenant: 'acme', consistent: true, ...counts });
    expect((await get('operator', '?tenant=acme')).body).toMatchObject({ tenant: 'acme', decisions: 9 });
    expect((await get('gil')).body).toMatchObject({ tenant: 'globex', consistent: false });
    expect(JSON.stringify((await get('ada')).body)).not.toContain('gateway-2');
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    const asked: [Person | undefined, string][] = [
      ['ada', '?limit=1'],
      [undefined, ''],
      ['dev', ''],
      ['con', ''],
      ['ada', '?tenant=globex'],
    ];
    const answers = await Promise.all(asked.map(([person, query]) => get(person, query)));
    expect(answers.map(({ status }) => status)).toEqual([400, 401, 403, 403, 404]);
  });
});
