import { closeSync, cpSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { smallDisk, waitFor } from '#libs/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SpoolRecord } from './append/record-writer.js';
import { DecisionSpool } from './decision-spool.js';
import { killedNow, openSpool, recovered } from './spec/left-behind.fixture.js';
import { MemorySink } from './spec/memory-sink.fixture.js';
import { completed, decided, listed, topicSpec } from './spec/records.fixture.js';
import { filesIn } from './spec/spool-directory.fixture.js';
import { SpoolUnwritable } from './spool-unwritable.js';

const KIB = 1024;
const DISK_BYTES = 512 * KIB;
/** More than the disk holds: the disk is the bound, not the spool's own. */
const BYTES_MAX = { oneFile: 64 * KIB * KIB, severalFiles: KIB * KIB };

async function onDisk(bytesMax: number) {
  const directory = smallDisk(DISK_BYTES);
  const sink = new MemorySink();
  const options = {
    directory,
    sink,
    bytesMax,
    service: 'gateway',
    replica: 'gateway-1',
    kafka: { brokers: [] },
  } as const;
  const spool = await DecisionSpool.open({ ...options, topic: topicSpec('gateway.decisions.v1') });
  onTestFinished(() => spool.close(100));
  return { directory, sink, spool };
}
type Opened = Awaited<ReturnType<typeof onDisk>>;

/** Appends until the disk is full; the ids of what it took. */
function fill({ spool }: Opened): string[] {
  const taken: string[] = [];
  const isFull = { name: 'SpoolUnwritable', reason: 'disk', cause: expect.objectContaining({ code: 'ENOSPC' }) };
  expect(() => {
    for (;;) {
      const record = listed();
      spool.append(record);
      taken.push(record.decision_id);
    }
  }).toThrow(expect.objectContaining(isFull));
  return taken;
}
/** Once the publisher has made room. */
async function append({ spool }: Opened, record: SpoolRecord = listed()): Promise<string> {
  const isTaken = () => {
    try {
      spool.append(record);
      return true;
    } catch (error) {
      if (error instanceof SpoolUnwritable) return false;
      throw error;
    }
  };
  await waitFor(isTaken, { what: 'room on the disk' });
  return record.decision_id;
}
const isDense = (sink: MemorySink) => {
  const byPartition = Map.groupBy(sink.batches, ({ partition }) => partition);
  return [...byPartition.values()].every((batches) => {
    const own = new MemorySink();
    own.batches.push(...batches);
    return own.records().every(({ seq }, n) => seq === n + 1);
  });
};

/** As {@link killedNow}, on a disk of which nothing is left. */
function killedOnFullDisk(directory: string): string {
  const disk = smallDisk(DISK_BYTES);
  cpSync(killedNow(directory), disk, { recursive: true });
  const others = openSync(join(disk, 'of-somebody-else'), 'w');
  expect(() => {
    for (;;) writeSync(others, Buffer.alloc(KIB));
  }).toThrow('ENOSPC');
  closeSync(others);
  return disk;
}

describe.each([
  ['before its first file is whole', BYTES_MAX.oneFile],
  ['after several files', BYTES_MAX.severalFiles],
])('a disk that is full %s', (_when, bytesMax) => {
  it('refuses what it cannot hold, and loses nothing, doubles nothing and goes on once the broker is back', async () => {
    const opened = await onDisk(bytesMax);
    const { sink, spool } = opened;
    sink.down = true;
    const taken = fill(opened);
    const atFirst = taken.length;
    expect(atFirst).toBeGreaterThan(200);
    // Nothing of what is refused is left, however often it is tried.
    for (let n = 0; n < 50; n += 1) expect(() => spool.append(listed())).toThrow(SpoolUnwritable);
    sink.down = false;
    expect(await spool.flush(20_000)).toBe(true);
    expect(sink.ids()).toEqual(taken);
    taken.push(await append(opened));
    // More than twice what fits, and no restart: what was published does not stay on the disk.
    const isMuch = async () => {
      sink.down = true;
      taken.push(...fill(opened));
      sink.down = false;
      expect(await spool.flush(20_000)).toBe(true);
      return taken.length > 2 * atFirst;
    };
    await waitFor(isMuch, { timeoutMs: 20_000, what: 'the disk to be filled once more' });
    expect(sink.ids()).toEqual(taken);
    expect(isDense(sink)).toBe(true);
  });

  it('goes on once somebody else makes room, with the broker away', async () => {
    const opened = await onDisk(bytesMax);
    const { sink, spool, directory } = opened;
    sink.down = true;
    const others = join(directory, 'of-somebody-else');
    writeFileSync(others, Buffer.alloc(DISK_BYTES / 2));
    const taken = fill(opened);
    await expect(spool.durable()).resolves.toBeUndefined();
    rmSync(others);
    taken.push(await append(opened), ...fill(opened));
    sink.down = false;
    expect(await spool.flush(20_000)).toBe(true);
    expect(sink.ids()).toEqual(taken);
    expect(isDense(sink)).toBe(true);
  });

  it('makes room of what is published already, where somebody else has filled it', async () => {
    const opened = await onDisk(bytesMax);
    const { sink, spool, directory } = opened;
    const taken = Array.from({ length: 40 }, () => listed());
    for (const record of taken) spool.append(record);
    expect(await spool.flush(20_000)).toBe(true);
    const others = openSync(join(directory, 'of-somebody-else'), 'w');
    expect(() => {
      for (;;) writeSync(others, Buffer.alloc(KIB));
    }).toThrow('ENOSPC');
    closeSync(others);
    fill(opened);
    const last = await append(opened);
    expect(await spool.flush(20_000)).toBe(true);
    expect(sink.ids().slice(0, taken.length)).toEqual(taken.map(({ decision_id: id }) => id));
    expect(sink.ids().at(-1)).toBe(last);
    expect(isDense(sink)).toBe(true);
  });

  it('forgets no call that is open, and ends none twice, when the process is killed after it', async () => {
    const opened = await onDisk(bytesMax);
    const { sink, spool, directory } = opened;
    sink.down = true;
    const [open, ended] = [decided(), decided()];
    spool.append(open);
    spool.append(ended);
    fill(opened);
    sink.down = false;
    expect(await spool.flush(20_000)).toBe(true);
    await append(opened, completed(ended.decision_id));
    sink.down = true;
    fill(opened);
    sink.down = false;
    expect(await spool.flush(20_000)).toBe(true);
    // There is room again, also for what is carried.
    await waitFor(() => filesIn(directory).some(({ path }) => path.endsWith('open-calls')), { what: 'the open call' });
    const left = await recovered(killedNow(directory));
    // What could not be noted as published is sent again, with its number, by which it is known.
    const sent = [...sink.records(), ...left.records()];
    const once = [...new Map(sent.map((record) => [`${record.boot}/${record.seq}`, record])).values()];
    const ends = once.flatMap((each) => (each.type === 'call.completed' ? [[each.decision_id, each.outcome]] : []));
    expect(ends.toSorted()).toEqual(
      [
        [open.decision_id, 'interrupted'],
        [ended.decision_id, 'completed'],
      ].toSorted(),
    );
  });

  it('is emptied by the next start: calls that were open when the process was killed get their end, nothing is lost or doubled', async () => {
    const opened = await onDisk(bytesMax);
    const { sink, spool, directory } = opened;
    sink.down = true;
    const [open, ended, late] = [decided(), decided(), decided()];
    for (const call of [open, ended, completed(ended.decision_id)]) spool.append(call);
    const taken = fill(opened).slice(0, -1);
    const left = killedOnFullDisk(directory);
    const next = new MemorySink();
    const started = await openSpool(left, next, bytesMax);
    onTestFinished(() => started.close(100));
    expect(await started.flush(20_000)).toBe(true);
    const ends = next
      .records()
      .flatMap((each) => (each.type === 'call.completed' ? [[each.decision_id, each.outcome]] : []));
    expect(ends).toEqual([
      [ended.decision_id, 'completed'],
      [open.decision_id, 'interrupted'],
    ]);
    const ids = next.ids();
    expect(ids).toEqual(expect.arrayContaining(taken));
    expect(ids).toHaveLength(new Set(next.records().map(({ boot, seq, type }) => `${type}/${boot}/${seq}`)).size);
    // There is room, and nothing of it is told once more.
    await append({ directory: left, sink: next, spool: started }, late);
    expect(await started.flush(20_000)).toBe(true);
    const again = await recovered(killedNow(left));
    expect(again.records().flatMap((each) => (each.type === 'call.completed' ? [each.decision_id] : []))).toEqual([
      late.decision_id,
    ]);
  });
});
