import { DeadLetters, MemoryBus } from '#libs/bus';
import { firstBreak, type StoredRow } from '#libs/chain';
import { topics, type AccessDecided, type DecisionRecord, type TopicSpec } from '#libs/contracts';
import { EventStoreModule } from '#libs/event-store';
import { freshDatabase, waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engine, ready, SpecSource, startAudit } from '../audit.fixture.js';
import { People, type Person } from '../people.fixture.js';
import { batches, publish, SpoolTwin } from '../records.fixture.js';
import { storeOptions } from '../store-options.js';

/** The store names its topic by itself. */
class LetterSource extends SpecSource {
  override readonly events: readonly TopicSpec[] = [topics.auditEvents];
}
type Letter = { id: string; status: string; reason: string; redriven_times: number; redriven_from: string | null };
type Page = { data: Letter[]; has_more: boolean; next_cursor: string | null };
type Reconciliation = { consistent: boolean; dead_letters: number; holes: number; lag: number };

const source = new LetterSource();
const stored = engine(source);
const bus = new MemoryBus();
const people = new People(bus, source.suffix);
const spool = new SpoolTwin(source.gateway);
const seal = Buffer.alloc(32, 5).toString('base64');
const letters = new DeadLetters(bus, source.consumer);
let databaseUrl: string;
let audit: Awaited<ReturnType<typeof startAudit>>;

async function start(): Promise<void> {
  const keys = { DATABASE_URL: databaseUrl, GATEHOUSE_SEAL_KEY: seal, GATEHOUSE_BUS_KEY: seal };
  audit = await startAudit(source, bus, people, { store: EventStoreModule.forRoot(storeOptions(keys)) });
  await ready(audit);
}
async function ask<Body>(person: Person | undefined, request: string) {
  const [method, url] = request.split(' ') as ['GET' | 'POST', string];
  const answer = await audit.app.inject({ method, url, headers: person ? people.bearer(person) : {} });
  return { status: answer.statusCode, body: answer.json<Body>(), text: answer.body };
}
const list = async (query = '') => (await ask<Page>('operator', `GET /v1/dead-letters${query}`)).body.data;
const redrive = (id: string, who: Person = 'operator') => ask<Letter>(who, `POST /v1/dead-letters/${id}/redrive`);
const reconciled = async () => (await ask<Reconciliation>('operator', 'GET /v1/reconciliation')).body;
const storedSeqs = async () =>
  (
    await stored.rows<{ seq: number }>(
      'SELECT seq FROM (SELECT seq FROM db.decisions UNION ALL SELECT seq FROM db.calls) ORDER BY seq',
    )
  ).map(({ seq }) => seq);
/** Once everything in the log has been consumed. */
const settled = () => waitFor(async () => (await reconciled()).lag === 0, { timeoutMs: 30_000 });

/** Gives up what the reader of that time could not read, as the one before this one did. */
async function bury(records: readonly DecisionRecord[], reason = 'not_a_decision_batch'): Promise<string> {
  const before = await list('?limit=100');
  for (const { topic, partition = 0, key, value } of batches(source.gateway, records)) {
    const place = { topic, partition, offset: 999n, timestampMs: Date.now(), headers: {} };
    await letters.bury(
      { ...place, key: Buffer.from(key ?? ''), value: Buffer.from(value ?? '') },
      { reason, attempts: 1 },
    );
  }
  const isNew = ({ id }: Letter) => before.every((letter) => letter.id !== id);
  return (await waitFor(async () => (await list('?limit=100')).find(isNew), { timeoutMs: 30_000 })).id;
}

let lost: readonly DecisionRecord[];
let letter: string;

beforeAll(async () => {
  databaseUrl = await freshDatabase('audit');
  await bus.ensureTopics([...source.topics, ...source.events, source.deadLetters]);
  await people.open();
  await start();
  const made: AccessDecided[] = Array.from({ length: 6 }, () => spool.decided());
  lost = [...made.slice(2, 4), spool.completed(made[2] as AccessDecided)];
  await publish(bus, source.gateway, made.slice(0, 2));
  letter = await bury(lost);
  await publish(bus, source.gateway, [...made.slice(4), spool.decided()]);
  await settled();
});
afterAll(async () => {
  people.close();
  await audit.app.close();
  await bus.close();
  await stored.close();
});

describe('a dead letter', () => {
  it('is seen by the operator, with where it came from and why, and nothing of what it says', async () => {
    expect(await reconciled()).toMatchObject({ consistent: false, dead_letters: 1, holes: 3 });
    const { text, body } = await ask<Letter>('operator', `GET /v1/dead-letters/${letter}`);
    const { name } = source.gateway;
    expect(body).toMatchObject({
      status: 'dead',
      reason: 'not_a_decision_batch',
      source: { topic: name, offset: 999 },
    });
    for (const told of ['user_dev', 'local/llama-3', String(lost[0]?.decision_id)]) expect(text).not.toContain(told);
    expect(await list('?status=redriven')).toEqual([]);
    expect(await list('?status=dead')).toEqual([body]);
  });

  it('is stored when it is sent again, although later numbers of its writer are stored, and mends the record', async () => {
    expect((await redrive(letter)).body).toMatchObject({ id: letter, status: 'redriven', redriven_times: 1 });
    await waitFor(async () => (await storedSeqs()).length === 8, { timeoutMs: 30_000 });
    expect(await storedSeqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const isMended = async () => (await reconciled()).consistent;
    await waitFor(isMended, { timeoutMs: 30_000, what: 'what was sent again to be told' });
    expect(await reconciled()).toMatchObject({ dead_letters: 0, holes: 0 });
    expect(await list('?status=dead')).toEqual([]);
  });

  it('is stored once, however often it is sent, by two at a time and over a restart of audit', async () => {
    await Promise.all([redrive(letter), redrive(letter)]);
    await audit.app.close();
    const partition = batches(source.gateway, lost)[0]?.partition ?? 0;
    // As its spool would have it: the same decisions at yet another place, and no letter.
    await bus.publish(batches(source.gateway, lost).map((record) => ({ ...record, partition })));
    await start();
    expect((await redrive(letter)).body.redriven_times).toBe(4);
    await publish(bus, source.gateway, [spool.decided()]);
    await waitFor(async () => (await storedSeqs()).includes(9), { timeoutMs: 30_000 });
    await settled();
    expect(await storedSeqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const [sums] = await stored.rows('SELECT sum(rows) AS decisions FROM db.decisions_by_minute');
    expect(sums).toEqual((await stored.rows('SELECT count() AS decisions FROM db.decisions'))[0]);
  });

  it('leaves the chain whole, at whose end it stands', async () => {
    const order = 'ORDER BY kafka_partition, kafka_offset, kafka_index';
    const rows = await stored.rows<StoredRow>(`SELECT * FROM db.decisions WHERE tenant_id = 'acme' ${order}`);
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 5, 6, 8, 3, 4, 9]);
    expect(firstBreak(rows)).toBeUndefined();
  });

  it('that still cannot be read is another letter, which names it', async () => {
    const { name } = source.gateway;
    const place = { topic: name, partition: 0, offset: 5n, timestampMs: 1, headers: {}, key: null };
    const before = (await list('?limit=100')).length;
    await letters.bury({ ...place, value: Buffer.from('not JSON') }, { reason: 'not_json', attempts: 1 });
    const hopeless = await waitFor(async () => {
      const found = await list('?limit=100');
      return found.length > before && found[0];
    });
    expect((await redrive(hopeless.id)).status).toBe(200);
    const again = await waitFor(async () => (await list()).find(({ redriven_from: id }) => id === hopeless.id));
    expect(again).toMatchObject({ status: 'dead', reason: 'not_json' });
  });

  it('of which only a part was kept, or that is no decision, is shown and not sent again', async () => {
    const cut = await bury([spool.decided()], 'not_json_cut');
    expect((await ask('operator', `GET /v1/dead-letters/${cut}`)).body).toMatchObject({ redrivable: false });
    expect(await redrive(cut)).toMatchObject({ status: 409, body: { code: 'dead-letter/not-redrivable' } });
  });
});

describe('the routes of dead letters', () => {
  it('are 400, 401 and, for whoever is no operator and for what is not there, 404', async () => {
    const asked: [Person | undefined, string][] = [
      ['operator', 'GET /v1/dead-letters?colour=red'],
      ['operator', 'GET /v1/dead-letters?after=x'],
      [undefined, 'GET /v1/dead-letters'],
      [undefined, `POST /v1/dead-letters/${letter}/redrive`],
      ['ada', 'GET /v1/dead-letters'],
      ['ada', `GET /v1/dead-letters/${letter}`],
      ['ada', `POST /v1/dead-letters/${letter}/redrive`],
      ['operator', 'GET /v1/dead-letters/audit-999999'],
      ['operator', 'POST /v1/dead-letters/nonsense/redrive'],
    ];
    const answers = await Promise.all(asked.map(([who, request]) => ask(who, request)));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 401, 401, 404, 404, 404, 404, 404]);
  });

  it('give pages that together are the list', async () => {
    const all = (await list('?limit=100')).map(({ id }) => id);
    const { body } = await ask<Page>('operator', 'GET /v1/dead-letters?limit=1');
    const rest = await ask<Page>('operator', `GET /v1/dead-letters?limit=100&after=${body.next_cursor}`);
    expect([body.has_more, [...body.data, ...rest.body.data].map(({ id }) => id)]).toEqual([true, all]);
  });
});
