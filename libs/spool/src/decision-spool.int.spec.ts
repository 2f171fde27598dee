import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { KafkaBus, type BusRecord } from '#libs/bus';
import type { DecisionRecord } from '#libs/contracts';
import { freshName, leastMs, testStack, waitFor } from '#libs/testing';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { DecisionSpool } from './decision-spool.js';
import { fromSourceArgv } from './publish/thread-entry.js';
import { listed, recordsOf, topicSpec } from './spec/records.fixture.js';
import { filesIn, spoolDirectory } from './spec/spool-directory.fixture.js';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function freshTopic() {
  const { brokers } = testStack().kafka;
  const bus = new KafkaBus({ brokers, clientId: 'spool-spec' });
  onTestFinished(() => bus.close());
  const topic = topicSpec(freshName('decisions'));
  await bus.ensureTopics([topic]);
  return { bus, topic, brokers };
}

/** Everything on the topic, by partition, in order. */
async function published(bus: KafkaBus, topic: string): Promise<Map<number, DecisionRecord[]>> {
  const records: BusRecord[] = [];
  const replay = await bus.replay({
    reader: 'spool-spec',
    topics: [topic],
    onRecords: (batch) => {
      records.push(...batch);
    },
  });
  await replay.caughtUp;
  await replay.close();
  const byPartition = new Map<number, DecisionRecord[]>();
  for (const { partition, value, key } of records) {
    expect(key?.toString()).toBe(String(partition));
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), ...recordsOf(value ?? Buffer.alloc(0))]);
  }
  return byPartition;
}

/** Dense per boot when repetitions are left out: what the consumer relies on. */
function expectInOrder(byPartition: Map<number, DecisionRecord[]>) {
  for (const records of byPartition.values()) {
    const fresh = new Map<string, number[]>();
    for (const { boot, seq } of records) {
      const seqs = fresh.get(boot) ?? [];
      if (seq > (seqs.at(-1) ?? 0)) seqs.push(seq);
      fresh.set(boot, seqs);
    }
    for (const seqs of fresh.values()) expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  }
}

const all = (byPartition: Map<number, DecisionRecord[]>) => [...byPartition.values()].flat();

function startChild(directory: string, ledger: string, topic: string, broker: string): ChildProcess {
  const entry = fileURLToPath(new URL('./spec/spool-child.fixture.ts', import.meta.url));
  const child = spawn(process.execPath, [...fromSourceArgv(), entry, directory, ledger, topic, broker], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  children.push(child);
  return child;
}

const lines = (ledger: string) => (existsSync(ledger) ? readFileSync(ledger, 'utf8').trimEnd().split('\n') : []);

it('publishes through its thread exactly what was appended, in order', async () => {
  const { bus, topic, brokers } = await freshTopic();
  const directory = spoolDirectory();
  const spool = await DecisionSpool.open({
    directory,
    service: 'identity',
    replica: 'identity-1',
    topic,
    kafka: { brokers },
  });
  const ids = Array.from({ length: 5000 }, (_, i) => {
    const record = listed(['acme', 'globex', 'initech', ''][i % 4]);
    spool.append(record);
    return record.decision_id;
  });
  expect(await spool.flush(60_000)).toBe(true);
  const byPartition = await published(bus, topic.name);
  expect(
    all(byPartition)
      .map((record) => record.decision_id)
      .sort(),
  ).toEqual(ids.sort());
  expectInOrder(byPartition);
  await spool.close();
  expect(filesIn(directory)).toEqual([]);
});

it('loses and reorders nothing when its process is killed again and again, appending and publishing', async () => {
  const { bus, topic, brokers } = await freshTopic();
  const directory = spoolDirectory();
  const ledger = join(spoolDirectory(), 'ledger');
  for (let kills = 1; kills <= 3; kills += 1) {
    const before = lines(ledger).length;
    const child = startChild(directory, ledger, topic.name, brokers[0] ?? '');
    await waitFor(() => lines(ledger).length > before + 400 * kills, { timeoutMs: 60_000, what: 'appended records' });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }
  const spool = await DecisionSpool.open({
    directory,
    service: 'gateway',
    replica: 'gateway-1',
    topic,
    kafka: { brokers },
  });
  expect(await spool.flush(60_000)).toBe(true);
  await spool.close();
  const byPartition = await published(bus, topic.name);
  expectInOrder(byPartition);
  const records = all(byPartition);
  const opened = new Set(
    records.filter((record) => record.type === 'access.decided').map((record) => record.decision_id),
  );
  const ended = new Map<string, Set<string>>();
  for (const record of records) {
    if (record.type !== 'call.completed') continue;
    ended.set(
      record.decision_id,
      (ended.get(record.decision_id) ?? new Set()).add(`${record.boot} ${record.seq} ${record.outcome}`),
    );
  }
  const written = lines(ledger).map((line) => line.split(' '));
  const openIds = written.filter(([what]) => what === 'open').map(([, id]) => id ?? '');
  const endIds = new Set(written.filter(([what]) => what === 'end').map(([, id]) => id));
  // One record per kill may be appended and not written down: the process ended between the two.
  expect(openIds.filter((id) => !opened.has(id))).toEqual([]);
  expect(opened.size - openIds.length).toBeLessThanOrEqual(3);
  expect([...opened].filter((id) => ended.get(id)?.size !== 1)).toEqual([]);
  const interrupted = [...ended].filter(([, outcomes]) => [...outcomes][0]?.endsWith('interrupted')).map(([id]) => id);
  expect(interrupted.filter((id) => endIds.has(id))).toEqual([]);
  expect(openIds.length - endIds.size).toBeLessThanOrEqual(interrupted.length + 3);
  expect(filesIn(directory)).toEqual([]);
}, 180_000);

it('goes on where it was when its publishing thread dies', async () => {
  const { bus, topic, brokers } = await freshTopic();
  const directory = spoolDirectory();
  const spool = await DecisionSpool.open({
    directory,
    service: 'policy',
    replica: 'policy-1',
    topic,
    kafka: { brokers },
  });
  const ids: string[] = [];
  const append = (count: number) => {
    for (let i = 0; i < count; i += 1) {
      const record = listed(['acme', 'globex'][i % 2]);
      spool.append(record);
      ids.push(record.decision_id);
    }
  };
  append(500);
  await waitFor(() => spool.lag().unpublishedRecords < 500, { timeoutMs: 60_000, what: 'the first acknowledgement' });
  append(3000);
  await (spool as unknown as { publisher: { worker: Worker } }).publisher.worker.terminate();
  append(500);
  expect(await spool.flush(60_000)).toBe(true);
  const byPartition = await published(bus, topic.name);
  expectInOrder(byPartition);
  expect([...new Set(all(byPartition).map((record) => record.decision_id))].sort()).toEqual(ids.sort());
  await spool.close();
  expect(filesIn(directory)).toEqual([]);
});

it('takes decisions while Kafka cannot be reached, and publishes them to it later, after a restart too', async () => {
  const { bus, topic, brokers } = await freshTopic();
  const directory = spoolDirectory();
  const nowhere = { brokers: ['127.0.0.1:1'] };
  const cut = await DecisionSpool.open({ directory, service: 'audit', replica: 'audit-1', topic, kafka: nowhere });
  const ids: string[] = [];
  const appendMs = async () => {
    const began = performance.now();
    for (let i = 0; i < 2000; i += 1) {
      const record = listed();
      cut.append(record);
      ids.push(record.decision_id);
    }
    return performance.now() - began;
  };
  expect(await leastMs(2_000, appendMs)).toBeLessThan(2_000);
  expect(await cut.flush(300)).toBe(false);
  expect(cut.lag().unpublishedRecords).toBe(ids.length);
  await cut.close(500);
  const spool = await DecisionSpool.open({
    directory,
    service: 'audit',
    replica: 'audit-1',
    topic,
    kafka: { brokers },
  });
  expect(await spool.flush(60_000)).toBe(true);
  expect(all(await published(bus, topic.name)).map((record) => record.decision_id)).toEqual(ids);
  await spool.close();
});
