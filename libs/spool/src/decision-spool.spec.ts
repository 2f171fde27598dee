import { decisionPartition } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { createLogger } from '#libs/telemetry';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemFiles, type SpoolFiles } from './append/spool-files.js';
import { DecisionSpool } from './decision-spool.js';
import { MemorySink } from './spec/memory-sink.fixture.js';
import { completed, decided, listed, topicSpec } from './spec/records.fixture.js';
import { filesIn, spoolDirectory } from './spec/spool-directory.fixture.js';
import type { SpoolOptions } from './spool-options.js';
import { SpoolUnwritable } from './spool-unwritable.js';

const tenants = ['acme', 'globex', 'initech', 'umbrella', 'platform', ''];

async function open(sink: MemorySink, more: Partial<SpoolOptions> = {}) {
  const spool = await DecisionSpool.open({
    directory: more.directory ?? spoolDirectory(),
    service: 'gateway',
    replica: 'gateway-1',
    topic: topicSpec('gateway.decisions.v1'),
    kafka: { brokers: [] },
    sink,
    ...more,
  });
  onTestFinished(() => spool.close(100));
  return spool;
}

describe('what is appended', () => {
  it('is published once, densely numbered and in order per partition, as the contract has it', async () => {
    const sink = new MemorySink();
    const spool = await open(sink);
    const appended = Array.from({ length: 1000 }, (_, i) => listed(tenants[i % tenants.length]));
    appended.forEach((record) => spool.append(record));
    expect(await spool.flush(5000)).toBe(true);
    expect(sink.ids().sort()).toEqual(appended.map((record) => record.decision_id).sort());
    for (let partition = 0; partition < 4; partition += 1) {
      const batches = sink.batches.filter((batch) => batch.partition === partition);
      const records = batches.flatMap(
        ({ value }) => (JSON.parse(value.toString()) as { records: ReturnType<MemorySink['records']> }).records,
      );
      expect(records.every((record) => decisionPartition(record.tenant_id, 4) === partition)).toBe(true);
      expect(records.map(({ seq }) => seq)).toEqual(records.map((_, i) => i + 1));
      expect(records.every(({ replica, boot }) => replica === 'gateway-1' && boot === spool.boot)).toBe(true);
    }
    expect(
      sink.batches.every(({ value }) => (JSON.parse(value.toString()) as { records: unknown[] }).records.length <= 64),
    ).toBe(true);
  });

  it('keeps text of every kind as it was', async () => {
    const sink = new MemorySink();
    const spool = await open(sink);
    const user_agent = 'ä"\\\u0000\n\u{1F600}GHS1\u2028';
    spool.append(decided('acme', { user_agent }));
    await spool.flush(5000);
    expect(sink.records()[0]).toMatchObject({ user_agent, type: 'access.decided' });
  });

  it('waits on disk while there is no broker, with its age and size, and follows in order', async () => {
    const sink = new MemorySink();
    sink.down = true;
    const spool = await open(sink);
    const appended = Array.from({ length: 200 }, () => listed());
    appended.forEach((record) => spool.append(record));
    expect(await spool.flush(50)).toBe(false);
    const { unpublishedRecords, unpublishedBytes, oldestMs } = spool.lag();
    expect(unpublishedRecords).toBe(200);
    expect(unpublishedBytes).toBeGreaterThan(200 * 500);
    expect(oldestMs).toBeGreaterThan(10);
    sink.down = false;
    expect(await spool.flush(10_000)).toBe(true);
    expect(sink.ids()).toEqual(appended.map((record) => record.decision_id));
    expect(spool.lag()).toMatchObject({ unpublishedRecords: 0, unpublishedBytes: 0, oldestMs: 0 });
  });

  it('is sent again from the first record that was not acknowledged: twice perhaps, never out of order', async () => {
    const sink = new MemorySink();
    sink.failAfter = 2;
    const spool = await open(sink);
    const appended = Array.from({ length: 400 }, () => listed());
    appended.forEach((record) => spool.append(record));
    expect(await spool.flush(10_000)).toBe(true);
    const seqs = sink.records().map(({ seq }) => seq);
    expect(seqs.length).toBeGreaterThan(400);
    let highest = 0;
    const fresh = seqs.filter((seq) => seq > highest && ((highest = seq), true));
    expect(fresh).toEqual(appended.map((_, i) => i + 1));
  });

  it('leaves no file once it is acknowledged and the spool closed', async () => {
    const directory = spoolDirectory();
    const spool = await open(new MemorySink(), { directory, bytesMax: 1024 * 1024 });
    for (let i = 0; i < 3000; i += 1) {
      spool.append(listed());
      if (i % 500 === 0) await spool.flush(5000);
    }
    await spool.flush(5000);
    expect(filesIn(directory).filter(({ path }) => path.endsWith('.seg')).length).toBeLessThan(4);
    await spool.close();
    expect(filesIn(directory)).toEqual([]);
  });
});

describe('a disk that fails', () => {
  function failing() {
    const state = { fault: undefined as undefined | 'full' | 'short' | 'torn', syncs: 0, syncFails: false };
    const files: SpoolFiles = {
      ...systemFiles,
      write(file, bytes, from, length, at) {
        if (state.fault === 'short') return systemFiles.write(file, bytes, from, Math.min(length, 100), at);
        if (state.fault) {
          systemFiles.write(file, bytes, from, Math.floor(length / 2), at);
          throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        }
        return systemFiles.write(file, bytes, from, length, at);
      },
      truncate(file, bytes) {
        if (state.fault === 'torn') throw Object.assign(new Error('io'), { code: 'EIO' });
        systemFiles.truncate(file, bytes);
      },
      async sync(file) {
        state.syncs += 1;
        if (state.syncFails) throw Object.assign(new Error('io'), { code: 'EIO' });
        await systemFiles.sync(file);
      },
    };
    return { state, files };
  }

  it.each(['full', 'torn'] as const)(
    '(%s) refuses the record, keeps none of it, numbers without a hole, and goes on',
    async (fault) => {
      const { state, files } = failing();
      const sink = new MemorySink();
      const lines: string[] = [];
      const logger = createLogger({ service: 'spec', destination: { write: (line) => void lines.push(line) } });
      const spool = await open(sink, { files, logger });
      const kept = [listed(), listed(), listed()] as const;
      spool.append(kept[0]);
      spool.append(kept[1]);
      state.fault = fault;
      for (let i = 0; i < 20; i += 1) {
        expect(() => spool.append(listed())).toThrow(
          expect.objectContaining({ name: 'SpoolUnwritable', reason: 'disk' }),
        );
      }
      state.fault = undefined;
      spool.append(kept[2]);
      expect(await spool.flush(5000)).toBe(true);
      expect(sink.ids()).toEqual(kept.map((record) => record.decision_id));
      expect(sink.records().map(({ seq }) => seq)).toEqual([1, 2, 3]);
      expect(lines.filter((line) => line.includes('cannot be written'))).toHaveLength(1);
    },
  );

  it('that takes a part of each write still gets whole records', async () => {
    const { state, files } = failing();
    state.fault = 'short';
    const sink = new MemorySink();
    const spool = await open(sink, { files });
    const record = listed();
    spool.append(record);
    await spool.flush(5000);
    expect(sink.ids()).toEqual([record.decision_id]);
  });

  it('that cannot sync tells those who asked for durability, and nobody else', async () => {
    const { state, files } = failing();
    const spool = await open(new MemorySink(), { files });
    spool.append(listed());
    state.syncFails = true;
    await expect(spool.durable()).rejects.toBeInstanceOf(SpoolUnwritable);
    expect(() => spool.append(listed())).not.toThrow();
    state.syncFails = false;
    await expect(spool.durable()).resolves.toBeUndefined();
  });

  it('syncs once for all who wait at the same time', async () => {
    const { state, files } = failing();
    const spool = await open(new MemorySink(), { files });
    const waits = Array.from({ length: 100 }, () => {
      spool.append(listed());
      return spool.durable();
    });
    await Promise.all(waits);
    expect(state.syncs).toBeLessThan(5);
    await spool.durable();
    expect(state.syncs).toBeLessThan(5);
  });
});

describe('the bound', () => {
  it('stops appending, and opens again as what is published is removed', async () => {
    const sink = new MemorySink();
    sink.down = true;
    const directory = spoolDirectory();
    const spool = await open(sink, { directory, bytesMax: 1024 * 1024 });
    const appended: string[] = [];
    const fill = () => {
      for (;;) {
        const record = listed();
        spool.append(record);
        appended.push(record.decision_id);
      }
    };
    expect(fill).toThrow(expect.objectContaining({ name: 'SpoolUnwritable', reason: 'bound' }));
    expect(filesIn(directory).reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(1024 * 1024 + 1000);
    sink.down = false;
    expect(await spool.flush(20_000)).toBe(true);
    await waitFor(() => (spool.append(listed()), true), { what: 'room' });
    await spool.flush(5000);
    expect(sink.ids().slice(0, appended.length)).toEqual(appended);
  });

  it('refuses a record that is larger than any decision', async () => {
    const spool = await open(new MemorySink());
    expect(() => spool.append(decided('acme', { path: 'x'.repeat(300_000) }))).toThrow(RangeError);
  });
});

describe('closing', () => {
  it('publishes what is appended, and appends no more', async () => {
    const sink = new MemorySink();
    const spool = await open(sink);
    const record = listed();
    spool.append(record);
    await spool.close();
    expect(sink.ids()).toEqual([record.decision_id]);
    expect(() => spool.append(listed())).toThrow(expect.objectContaining({ reason: 'closed' }));
    expect(sink.closed).toBe(true);
    await spool.close();
  });

  it('takes bounded time without a broker, and the next start publishes the rest', async () => {
    const directory = spoolDirectory();
    const down = new MemorySink();
    down.down = true;
    const first = await open(down, { directory });
    const record = listed();
    first.append(record);
    const began = performance.now();
    await first.close(200);
    expect(performance.now() - began).toBeLessThan(2000);
    const sink = new MemorySink();
    const second = await open(sink, { directory });
    expect(await second.flush(5000)).toBe(true);
    expect(sink.records()).toEqual([
      expect.objectContaining({ decision_id: record.decision_id, boot: first.boot, seq: 1 }),
    ]);
    await second.close();
    expect(filesIn(directory)).toEqual([]);
  });

  it('with a call in flight leaves it to the next start, which closes it as interrupted', async () => {
    const directory = spoolDirectory();
    const sink = new MemorySink();
    const first = await open(sink, { directory });
    const [ended, cut] = [decided(), decided()];
    first.append(ended);
    first.append(cut);
    first.append(completed(ended.decision_id));
    await first.close();
    const next = await open(sink, { directory });
    expect(await next.flush(5000)).toBe(true);
    const ends = sink.records().filter((record) => record.type === 'call.completed');
    expect(ends.map(({ decision_id, outcome, usage_source }) => [decision_id, outcome, usage_source])).toEqual([
      [ended.decision_id, 'completed', 'upstream'],
      [cut.decision_id, 'interrupted', 'none'],
    ]);
    await next.close();
    const third = await open(sink, { directory });
    await third.flush(5000);
    expect(sink.records()).toHaveLength(4);
  });
});
