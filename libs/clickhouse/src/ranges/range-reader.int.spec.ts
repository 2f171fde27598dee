import { freshName, testStack } from '#libs/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createClickHouse } from '../client/clickhouse-client.js';
import { PartitionTwin, runThroughFaults, type Fault } from './range-partition.fixture.js';
import { createWorld, exampleLog, naivePicture, pictureOf } from './range-world.fixture.js';
import { StaleRange } from './range-reader.js';

const client = createClickHouse({ url: testStack().clickhouse.url });
const databases: string[] = [];
let database: string;

beforeEach(async () => {
  database = freshName('ranges', '_');
  databases.push(database);
  await createWorld(client, database);
});
afterAll(async () => {
  for (const name of databases) await client.command({ query: `DROP DATABASE ${name}` });
  await client.close();
});

async function expectExactly(twin: PartitionTwin): Promise<void> {
  expect(twin.isDone).toBe(true);
  expect(await pictureOf(client, database)).toEqual(naivePicture(twin.records));
}

/** The client of a process that is stopped at its first matching call, until opened. */
function gated(method: 'insert' | 'query', matches: (params: { query: string }) => boolean) {
  const [reached, opened] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const gate = { reached: reached.promise, open: opened.resolve, inserts: 0, client };
  gate.client = new Proxy(client, {
    get: (target, name) => {
      if (name !== 'insert' && name !== 'query') return Reflect.get(target, name);
      return async (params: never) => {
        if (name === method && matches(params)) {
          reached.resolve();
          await opened.promise;
        }
        if (name === 'insert') gate.inserts += 1;
        return name === 'insert' ? target.insert(params) : target.query(params);
      };
    },
  });
  return gate;
}

/** One range has five effects: announce, three tables, commit. */
const STEPS: readonly Fault[] = [1, 2, 3, 4, 5, 6, 7].flatMap((at) => [
  { at, when: 'before' as const },
  { at, when: 'after' as const },
]);

describe('ranges into ClickHouse', () => {
  it('store every decision once', async () => {
    const twin = new PartitionTwin(exampleLog(20), database);
    await twin.join(client).run(6);
    await expectExactly(twin);
    expect(twin.stored.map(({ first, last }) => `${first}-${last}`)).toEqual(['0-5', '6-11', '12-17', '18-19']);
  });

  it.each(STEPS)('survive a consumer killed $when effect $at, replaced by one with other batches', async (fault) => {
    const twin = new PartitionTwin(exampleLog(12), database);
    await runThroughFaults(twin, client, [{ ...fault, batchMax: 5 }], 3);
    await expectExactly(twin);
  });

  it('survive a consumer killed while it repeats', async () => {
    const twin = new PartitionTwin(exampleLog(12), database);
    const faults = STEPS.filter(({ at }) => at > 1 && at < 5).map((fault) => ({ ...fault, batchMax: 7 - fault.at }));
    await runThroughFaults(twin, client, faults);
    await expectExactly(twin);
    expect(twin.stored[0]).toMatchObject({ first: 0n, last: 4n, repeated: true, mended: [] });
  });

  it('a former owner that wakes up before its commit sends nothing', async () => {
    const twin = new PartitionTwin(exampleLog(12), database);
    const gate = gated('query', ({ query }) => query.includes('max(seq)'));
    const late = twin
      .join(gate.client)
      .run(12)
      .catch((error: unknown) => error);
    await gate.reached;
    await twin.join(client).run(5);
    gate.open();
    expect(await late).toMatchObject({ message: 'the partition is somebody else’s' });
    expect(gate.inserts).toBe(0);
    await expectExactly(twin);
  });

  it('a late insert of a former owner, already past its commit, changes nothing', async () => {
    const twin = new PartitionTwin(exampleLog(12), database);
    const gate = gated('insert', () => true);
    const late = twin
      .join(gate.client)
      .run(12)
      .catch((error: unknown) => error);
    await gate.reached;
    await twin.join(client).run(12);
    gate.open();
    expect(await late).toMatchObject({ message: 'the partition is somebody else’s' });
    expect(gate.inserts).toBe(3);
    await expectExactly(twin);
  });

  it('a range that is not sent within 10 s of its commit is not sent, and repeated later', async () => {
    const twin = new PartitionTwin(exampleLog(4), database);
    let now = 0;
    const paused = twin.join(client, undefined, () => (now += 10_000));
    await expect(paused.run(4)).rejects.toThrow(StaleRange);
    expect((await pictureOf(client, database)).decisions).toEqual([]);
    expect(twin.committed).toEqual({ offset: 0n, metadata: '0-3' });
    await twin.join(client).run(4);
    await expectExactly(twin);
  });

  it('nothing is sent once the partition is lost', async () => {
    const twin = new PartitionTwin(exampleLog(4), database);
    const consumer = twin.join(client);
    consumer.lost.abort(new Error('lost'));
    await expect(consumer.run(4)).rejects.toThrow('lost');
    expect((await pictureOf(client, database)).decisions).toEqual([]);
  });

  it('a whole spool sent again at new offsets is dropped and counted', async () => {
    const once = exampleLog(12);
    const records = [...once, ...once, ...exampleLog(18).slice(12)];
    const twin = new PartitionTwin(
      records.map((record, index) => ({ ...record, offset: BigInt(index) })),
      database,
    );
    await twin.join(client).run(5);
    await expectExactly(twin);
    expect(twin.stored.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(36);
  });

  it('what was given up and is sent again is stored although what stood behind it is, and once only', async () => {
    const [a, b, c, d] = exampleLog(8);
    if (!a || !b || !c || !d) throw new Error('the log is too short');
    const records = [a, b, { ...c, isPoison: true }, d, ...exampleLog(8).slice(4), c, { ...c, isLate: true }];
    // Sent again by its spool, it is below the highest and dropped; sent again as what it is, it is kept: once.
    const more = [
      { ...c, isLate: true },
      { ...a, isLate: true },
    ];
    const twin = new PartitionTwin(
      [...records, ...more].map((record, index) => ({ ...record, offset: BigInt(index) })),
      database,
    );
    await runThroughFaults(
      twin,
      client,
      STEPS.filter(({ at }) => at > 1).map((each) => ({ ...each, batchMax: 2 })),
      3,
    );
    await expectExactly(twin);
  });

  it('a spool resent in the middle of a range that must be repeated gives the same rows again', async () => {
    const once = exampleLog(6);
    const again = once.map((record, index) => ({ ...record, offset: BigInt(6 + index) }));
    const twin = new PartitionTwin([...once, ...again], database);
    for (const at of [2, 3, 4])
      await twin
        .join(client, { at, when: 'after' })
        .run(9)
        .catch(() => undefined);
    await twin.join(client).run(2);
    await expectExactly(twin);
    expect(twin.stored[0]).toMatchObject({ first: 0n, last: 8n, kept: 18, dropped: 9, repeated: true, mended: [] });
  });

  it('records that the log has lost do not stop the rest, and are reported', async () => {
    const log = exampleLog(12);
    const twin = new PartitionTwin(log, database);
    await twin
      .join(client, { at: 5, when: 'before' })
      .run(8)
      .catch(() => undefined);
    twin.records.splice(0, 3);
    await twin.join(client).run(4);
    expect(twin.stored[0]).toMatchObject({ first: 0n, last: 7n, lostRecords: 3n, mended: [] });
    expect(await pictureOf(client, database)).toEqual(naivePicture(exampleLog(12)));
  });

  it('metadata of somebody else stop it', async () => {
    const twin = new PartitionTwin(exampleLog(2), database);
    twin.committed = { offset: 0n, metadata: 'something' };
    await expect(twin.join(client).run(2)).rejects.toThrow('not the metadata of a range');
  });
});
