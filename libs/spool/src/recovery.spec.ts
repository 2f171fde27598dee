import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decisionPartition } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { DecisionSpool } from './decision-spool.js';
import { killedNow, openSpool, recovered } from './spec/left-behind.fixture.js';
import { MemorySink } from './spec/memory-sink.fixture.js';
import { completed, decided, listed, recordsOf, refused, topicSpec } from './spec/records.fixture.js';
import { filesIn, spoolDirectory } from './spec/spool-directory.fixture.js';

const RECORDS = 25;

/** A spool that was killed with `RECORDS` records on disk; and where each frame ends in its one file. */
async function killedWithRecords() {
  const directory = spoolDirectory();
  const sink = new MemorySink();
  sink.down = true;
  const spool = await openSpool(directory, sink);
  const ids: string[] = [];
  const ends: number[] = [];
  const file = () => filesIn(directory).find(({ path }) => path.includes(spool.boot) && path.endsWith('.seg'));
  for (let i = 0; i < RECORDS; i += 1) {
    const record = listed(['acme', 'globex', ''][i % 3]);
    spool.append(record);
    ids.push(record.decision_id);
    ends.push(file()?.bytes ?? 0);
  }
  const left = killedNow(directory);
  await spool.close(0);
  const path = filesIn(left).find((each) => each.path.endsWith('.seg'))?.path ?? '';
  return { left, path, ids, ends, bytes: readFileSync(path) };
}

describe('a spool that was killed', () => {
  it('at any byte publishes exactly the records that were whole', async () => {
    const { left, path, ids, ends, bytes } = await killedWithRecords();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (cut) => {
        const copy = killedNow(left);
        truncateSync(path.replace(left, copy), cut);
        const whole = ids.slice(0, ends.filter((end) => end <= cut).length);
        expect((await recovered(copy)).ids().sort()).toEqual(whole.sort());
        expect(filesIn(copy)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('and damaged at random publishes every record that is untouched, and nothing that never was', async () => {
    const { left, path, ids, ends, bytes } = await killedWithRecords();
    const damage = fc.record({
      at: fc.integer({ min: 0, max: bytes.length - 1 }),
      with: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
        const copy = killedNow(left);
        const damaged = Buffer.from(bytes);
        for (const { at, with: garbage } of damages) damaged.set(garbage.slice(0, damaged.length - at), at);
        writeFileSync(path.replace(left, copy), damaged);
        const untouched = ids.filter((_, i) => {
          const from = ends[i - 1] ?? 0;
          return damaged.subarray(from, ends[i]).equals(bytes.subarray(from, ends[i]));
        });
        const published = (await recovered(copy)).ids();
        expect(published).toEqual(expect.arrayContaining(untouched));
        expect(ids).toEqual(expect.arrayContaining(published));
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('with garbage, an empty file or a strange file in it still starts', async () => {
    const { left, path, ids } = await killedWithRecords();
    writeFileSync(path.replace('00000001', '00000002'), Buffer.alloc(100_000, 'GHS1'));
    writeFileSync(path.replace('00000001', '00000003'), '');
    writeFileSync(path.replace('00000001.seg', 'progress'), 'torn');
    writeFileSync(path.replace('00000001.seg', 'open-calls'), 'torn');
    writeFileSync(`${left}/stray`, 'x');
    expect((await recovered(left)).ids().sort()).toEqual(ids.sort());
  });

  it('in the middle of publishing goes on where the broker acknowledged, and loses nothing', async () => {
    const directory = spoolDirectory();
    const sink = new MemorySink();
    const spool = await openSpool(directory, sink);
    const ids: string[] = [];
    const copies: { left: string; published: number; appended: number }[] = [];
    for (let i = 0; i < 3000; i += 1) {
      const record = listed();
      spool.append(record);
      ids.push(record.decision_id);
      if (i % 40 === 0) await new Promise(setImmediate);
      if (i % 300 === 299)
        copies.push({ left: killedNow(directory), published: sink.ids().length, appended: ids.length });
    }
    await spool.close(0);
    for (const { left, published, appended } of copies) {
      const before = sink.ids().slice(0, published);
      const after = (await recovered(left)).ids();
      expect(new Set([...before, ...after])).toEqual(new Set(ids.slice(0, appended)));
      expect(after).toEqual(ids.slice(appended - after.length, appended));
    }
  });
});

describe('a call without an end', () => {
  const ends = (sink: MemorySink) =>
    sink
      .records()
      .flatMap((record) => (record.type === 'call.completed' ? [`${record.decision_id} ${record.outcome}`] : []));

  it('is closed all the same where its writer put it into JSON', async () => {
    const directory = spoolDirectory();
    const down = new MemorySink();
    down.down = true;
    const spool = await openSpool(directory, down);
    const [cut, ended] = [decided(), decided()];
    for (const record of [cut, ended]) spool.appendJson(record.tenant_id, JSON.stringify(record), 'opens');
    spool.appendJson(ended.tenant_id, JSON.stringify(completed(ended.decision_id)), 'closes');
    const left = killedNow(directory);
    await spool.close(0);
    const published = (await recovered(left)).records();
    expect(published.slice(0, 2)).toEqual([cut, ended].map((record) => expect.objectContaining(record)));
    expect(published.slice(2)).toMatchObject([
      { decision_id: ended.decision_id, outcome: 'completed' },
      { decision_id: cut.decision_id, outcome: 'interrupted' },
    ]);
  });

  it('is closed as interrupted once, at whichever point recovery itself is killed', async () => {
    const directory = spoolDirectory();
    const down = new MemorySink();
    down.down = true;
    const spool = await openSpool(directory, down);
    const [cut, ended, denied] = [
      decided(),
      decided(),
      decided('acme', { outcome: 'deny', reason: 'no_matching_rule' }),
    ];
    for (const record of [cut, ended, denied, listed()]) spool.append(record);
    spool.append(completed(ended.decision_id));
    let left = killedNow(directory);
    await spool.close(0);
    const all: string[] = [];
    for (let kills = 0; kills < 4; kills += 1) {
      // Recovered, but the broker takes nothing, or only a part; then killed again.
      const sink = new MemorySink();
      sink.down = kills % 2 === 0;
      const next = await openSpool(left, sink);
      await waitFor(() => next.lag().unpublishedRecords > 1 || !sink.down || sink.records().length > 0);
      const killed = killedNow(left);
      await next.close(0);
      all.push(...ends(sink));
      left = killed;
    }
    all.push(...ends(await recovered(left)));
    expect([...new Set(all)].sort()).toEqual(
      [`${cut.decision_id} interrupted`, `${ended.decision_id} completed`].sort(),
    );
  });

  it('is known although the file it began in was removed long ago', async () => {
    const directory = spoolDirectory();
    const sink = new MemorySink();
    const spool = await openSpool(directory, sink);
    const long = decided('globex');
    spool.append(long);
    for (let i = 0; i < 1500; i += 1) {
      const call = decided();
      spool.append(call);
      spool.append(completed(call.decision_id));
      if (i % 100 === 0) await spool.flush(5000);
    }
    await spool.flush(5000);
    expect(filesIn(directory).some(({ path }) => path.endsWith('00000001.seg') && path.includes(spool.boot))).toBe(
      false,
    );
    const left = killedNow(directory);
    await spool.close();
    const after = await recovered(left);
    expect(ends(after).filter((end) => end.endsWith('interrupted'))).toEqual([`${long.decision_id} interrupted`]);
    // Where all of its tenant's records are.
    const partitions = after.batches.flatMap(({ partition, value }) => {
      return [...recordsOf(value)].flatMap((record) => (record.decision_id === long.decision_id ? [partition] : []));
    });
    expect(partitions).toEqual([decisionPartition('globex', topicSpec('gateway.decisions.v1').partitions)]);
  });

  it('of another running process is left alone', async () => {
    const directory = spoolDirectory();
    const first = await openSpool(directory, new MemorySink());
    first.append(decided());
    const sink = new MemorySink();
    const second = await openSpool(directory, sink);
    const own = listed();
    second.append(own);
    await second.flush(5000);
    expect(sink.ids()).toEqual([own.decision_id]);
    await second.close();
    await first.close();
  });
});

it('leaves the boots of another service alone, although both were given one directory', async () => {
  const { left } = await killedWithRecords();
  const sink = new MemorySink();
  const topic = topicSpec('identity.decisions.v1');
  const options = {
    directory: left,
    service: 'identity',
    replica: 'identity-1',
    topic,
    kafka: { brokers: [] },
  } as const;
  const spool = await DecisionSpool.open({ ...options, sink });
  await spool.flush(5000);
  await spool.close();
  expect(sink.ids()).toEqual([]);
});

it('takes over a boot left by a dead process exactly once, whoever starts', async () => {
  const { left, ids } = await killedWithRecords();
  const sinks = Array.from({ length: 4 }, () => new MemorySink());
  const spools = await Promise.all(sinks.map((sink) => openSpool(left, sink)));
  await Promise.all(spools.map((spool) => spool.flush(5000)));
  expect(sinks.flatMap((sink) => sink.ids()).sort()).toEqual(ids.sort());
  await Promise.all(spools.map((spool) => spool.close()));
  rmSync(left, { recursive: true, force: true });
});

it('keeps the exact number of a flood that was being counted', async () => {
  const directory = spoolDirectory();
  const spool = await openSpool(directory, new MemorySink());
  const told = Array.from({ length: 5000 }, () => spool.appendUnverified(refused('203.0.113.7')).decisionId);
  const left = killedNow(directory);
  await spool.close(0);
  const records = (await recovered(left)).records();
  const counts = records.map((record) => (record.type === 'access.decided' ? record.count : 0));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(5000 - 10);
  for (const id of new Set(told.slice(-100))) expect(records.map((record) => record.decision_id)).toContain(id);
});
