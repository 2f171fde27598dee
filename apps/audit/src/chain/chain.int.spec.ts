import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBus } from '#libs/bus';
import { checkpointKey, isSigned, RecordVerifier } from '#libs/chain';
import { chainRows, storedChains } from '#libs/clickhouse';
import { ChainCheckpointed, topics, type AccessDecided, type SignedCheckpoint, type TopicSpec } from '#libs/contracts';
import { EventStoreModule } from '#libs/event-store';
import { freshDatabase, waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engine, SpecSource, startAudit, ready } from '../audit.fixture.js';
import { EventTwin } from '../changes/events.fixture.js';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { People, type Person } from '../people.fixture.js';
import { publish, SpoolTwin } from '../records.fixture.js';
import { storeOptions } from '../store-options.js';
import { CheckpointFiles } from './checkpoint-files.js';
import { CheckpointSigner } from './checkpoint-signer.js';

/** The store names its topic by itself. */
class ChainSource extends SpecSource {
  override readonly events: readonly TopicSpec[] = [
    { ...topics.identityEvents, name: `identity.events.${this.suffix}` },
    topics.auditEvents,
  ];
}
type Chain = {
  checkpoint: SignedCheckpoint | null;
  key: { public_key: string };
  signed: { table: string }[];
  broken: { table: string; offset: number }[];
};
type Found = { kind: string; id: string } | null;
type Verified = { sound: boolean; checkpoints: number; fault: Found; chains: { table: string; fault: Found }[] };

const source = new ChainSource();
const stored = engine(source);
const bus = new MemoryBus();
const people = new People(bus, source.suffix);
const spool = new SpoolTwin(source.gateway);
const identity = new EventTwin(source.events[0] ?? topics.identityEvents, 'identity');
const key = checkpointKey(Buffer.alloc(32, 9));
const decisions = (count: number, tenant = 'acme') =>
  Array.from({ length: count }, () => spool.decided({ tenant_id: tenant }));
const first = [...decisions(20), ...decisions(5, 'globex'), ...decisions(5, '')];

let folder: string;
let databaseUrl: string;
let audit: Awaited<ReturnType<typeof startAudit>>;
const seal = Buffer.alloc(32, 5).toString('base64');

async function start(): Promise<void> {
  const keys = { DATABASE_URL: databaseUrl, GATEHOUSE_SEAL_KEY: seal, GATEHOUSE_BUS_KEY: seal };
  const module = EventStoreModule.forRoot({ ...storeOptions(keys) });
  audit = await startAudit(source, bus, people, { store: module, folder });
  await ready(audit);
}
const get = async <Body>(person: Person | undefined, url: string) => {
  const answer = await audit.app.inject({ url, headers: person ? people.bearer(person) : {} });
  return { status: answer.statusCode, body: answer.json<Body>() };
};
const chainOf = async (person: Person, query = '') => (await get<Chain>(person, `/v1/chain${query}`)).body;
const verified = async (person: Person, query = '') => (await get<Verified>(person, `/v1/chain/verify${query}`)).body;
const faultOf = async (person: Person, table = 'decisions') =>
  (await verified(person)).chains.find((chain) => chain.table === table)?.fault;
const counted = async (where: string) =>
  Number((await stored.rows<{ n: number }>(`SELECT count() AS n FROM db.decisions WHERE ${where}`))[0]?.n);
/** Signs what is stored and waits until the checkpoint itself is. */
async function sign(): Promise<void> {
  await audit.app.get(CheckpointSigner).signAll(new AbortController().signal);
  await audit.app.get(CheckpointFiles).write();
}
/** How many numbers a checkpoint states, and the highest that was stated before. */
const numbersOf = (checkpoint: SignedCheckpoint | null) => {
  const writers = checkpoint?.written.flatMap((partition) => partition.writers) ?? [];
  const stated = writers.reduce((sum, { after, upTo }) => sum + upTo - after, 0);
  return { stated, after: Math.max(...writers.map(({ after }) => after)) };
};
/** As the command looks: at all rows, with the checkpoints of the folder. */
async function missingNumbers() {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const checkpoints = texts.map((text) => ChainCheckpointed.schema.parse(JSON.parse(text)));
  const verifier = new RecordVerifier(checkpoints, [key.publicKey], '2000-01-01', 'all');
  const { client, name } = audit.app.get(AuditDatabase);
  for (const chain of await storedChains(client, name)) {
    for await (const row of chainRows(client, name, chain, {})) verifier.take(chain.table, row);
  }
  return verifier.report().find(({ tenantId }) => tenantId === '')?.numbers;
}
const told = async () =>
  (await stored.rows<{ n: number }>(`SELECT count() AS n FROM db.changes WHERE type = '${ChainCheckpointed.type}'`))[0]
    ?.n;
const committed = () =>
  waitFor(async () => {
    const names = source.topics.map(({ name }) => name);
    const [{ partitions }, offsets] = [await bus.endOffsets(names), await bus.committedOffsets(source.group, names)];
    const places = new Map(offsets.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
    return partitions.every(({ topic, partition, end }) => end === (places.get(`${topic}/${partition}`) ?? 0n));
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-chain-'));
  databaseUrl = await freshDatabase('audit');
  await bus.ensureTopics([...source.topics, ...source.events, source.deadLetters]);
  await people.open();
  await start();
  await bus.publish([
    identity.event({ type: 'identity.team.created', stream: 'identity.team-t', data: { teamId: 't', name: 'ds' } }),
  ]);
  await publish(bus, source.gateway, [...first, ...first.slice(0, 5).map((each) => spool.completed(each))]);
  await waitFor(async () => (await counted('1')) === first.length);
  await committed();
});
afterAll(async () => {
  people.close();
  await audit.app.close();
  await bus.close();
  await stored.close();
  await rm(folder, { recursive: true });
});

describe('checkpoints', () => {
  it('are signed of every tenant and of nobody, published, stored, and put where the operator wants them', async () => {
    expect(await chainOf('ada')).toMatchObject({ checkpoint: null, signed: [], broken: [] });
    await sign();
    const { checkpoint, key: shown, signed } = await chainOf('ada');
    expect(checkpoint && isSigned(checkpoint, [key.publicKey])).toBe(true);
    expect(shown.public_key).toContain('BEGIN PUBLIC KEY');
    expect(signed.map(({ table }) => table).toSorted()).toEqual(['calls', 'changes', 'decisions']);
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(['acme', 'globex', '~', `public-key-${key.keyId}.pem`]),
    );
    const file = join(folder, 'acme', '00000001.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(checkpoint);
    expect((await stat(file)).mode & 0o222).toBe(0);
    await waitFor(async () => (await told()) === 3);
    expect(await verified('ada')).toMatchObject({ sound: true, checkpoints: 1, fault: null });
    expect((await chainOf('operator')).checkpoint).toMatchObject({ tenantId: '' });
  });

  it('state how far each writer got, dense over all tenants, to nobody but the operator', async () => {
    const { checkpoint } = await chainOf('operator');
    expect(numbersOf(checkpoint)).toEqual({ stated: 35, after: 0 });
    expect(checkpoint?.written.map(({ topic, since }) => [topic, since])).toEqual(
      checkpoint?.written.map(() => [source.gateway.name, expect.stringMatching(/^\d{4}-\d\d-\d\d$/)]),
    );
    expect((await chainOf('ada')).checkpoint?.written).toEqual([]);
    expect(await missingNumbers()).toMatchObject({ stated: 35, missing: 0 });
  });

  it('go on where the last one ended, also after a restart, and make none where nothing is new', async () => {
    await publish(bus, source.gateway, decisions(7));
    await waitFor(async () => (await counted(`tenant_id = 'acme'`)) === 27);
    await committed();
    await audit.app.close();
    await start();
    await sign();
    const { checkpoint } = await chainOf('ada');
    expect(checkpoint?.number).toBe(2);
    expect(checkpoint?.segments.find(({ table }) => table === 'decisions')).toMatchObject({ rows: 7 });
    expect((await chainOf('gil')).checkpoint?.number).toBe(1);
    expect(numbersOf((await chainOf('operator')).checkpoint)).toEqual({ stated: 7, after: 25 });
    await waitFor(async () => (await told()) === 5);
    expect(await verified('ada')).toMatchObject({ sound: true, checkpoints: 2 });
    expect(await readdir(join(folder, 'acme'))).toEqual(['00000001.json', '00000002.json']);
  });

  it('are signed once by two replicas', async () => {
    await publish(bus, source.gateway, decisions(2, 'globex'));
    await waitFor(async () => (await counted(`tenant_id = 'globex'`)) === 7);
    await committed();
    await Promise.all([sign(), sign()]);
    expect((await chainOf('gil')).checkpoint?.number).toBe(2);
  });
});

it('a row that somebody took before its chain was signed is missed by its number', async () => {
  const late = decisions(2, 'globex');
  await publish(bus, source.gateway, late);
  await waitFor(async () => (await counted(`tenant_id = 'globex'`)) === 9);
  await committed();
  await stored.command(`ALTER TABLE db.decisions DELETE WHERE decision_id = '${late[1]?.decision_id}'`);
  await sign();
  // The end of a chain is whatever stood there when it was signed.
  expect(await verified('gil')).toMatchObject({ sound: true });
  const { replica, boot, seq } = late[1] as AccessDecided;
  const found = await missingNumbers();
  expect(found).toMatchObject({ missing: 1, holes: [{ replica, boot, first: seq, last: seq }] });
});

describe('GET /v1/chain/verify', () => {
  it('names what somebody did to the rows, and signs nothing behind it', async () => {
    const victim = String(first[3]?.decision_id);
    await stored.command(`ALTER TABLE db.decisions UPDATE outcome = 'deny' WHERE decision_id = '${victim}'`);
    expect(await faultOf('ada')).toMatchObject({ kind: 'changed', id: victim });
    await stored.command(`ALTER TABLE db.decisions UPDATE outcome = 'allow' WHERE decision_id = '${victim}'`);
    expect(await verified('ada')).toMatchObject({ sound: true });
    const late = decisions(3);
    await publish(bus, source.gateway, late);
    await waitFor(async () => (await counted(`tenant_id = 'acme'`)) === 30);
    await committed();
    await stored.command(
      `ALTER TABLE db.decisions UPDATE outcome = 'deny' WHERE decision_id = '${late[1]?.decision_id}'`,
    );
    await sign();
    const { checkpoint, broken } = await chainOf('ada');
    expect(checkpoint?.segments.find(({ table }) => table === 'decisions')).toMatchObject({ rows: 1 });
    expect(broken).toMatchObject([{ table: 'decisions' }]);
    expect(await faultOf('ada')).toMatchObject({ kind: 'changed_or_dropped', id: late[1]?.decision_id });
    expect(await verified('gil')).toMatchObject({ sound: true });
  });

  it('misses a checkpoint that somebody took out of the tables', async () => {
    await stored.command(
      `ALTER TABLE db.changes DELETE WHERE type = '${ChainCheckpointed.type}' AND tenant_id = 'globex' AND stream_version = 1`,
    );
    expect(await verified('gil')).toMatchObject({ sound: false, fault: { kind: 'checkpoint_missing', number: 1 } });
  });

  it('is 400, 401, 403 and 404 where it has to be', async () => {
    for (const url of ['/v1/chain', '/v1/chain/verify']) {
      const asked: [Person | undefined, string][] = [
        ['ada', '?colour=red'],
        [undefined, ''],
        ['dev', ''],
        ['con', ''],
        ['ada', '?tenant=globex'],
      ];
      const answers = await Promise.all(asked.map(([who, query]) => get(who, `${url}${query}`)));
      expect(answers.map(({ status }) => status)).toEqual([400, 401, 403, 403, 404]);
    }
    expect((await get('ada', '/v1/chain/verify?from=yesterday')).status).toBe(400);
  });
});
