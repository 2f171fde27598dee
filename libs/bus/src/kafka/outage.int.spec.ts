import { KafkaBus, type BusRecord } from '#libs/bus';
import { CuttableLine, freshName, leastMs, testStack, waitFor } from '#libs/testing';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { numbered, numbersOf, upTo } from '../contract/scene.fixture.js';

const buses: KafkaBus[] = [];
let topic: string;
let watcher: KafkaBus;

function open(line?: CuttableLine, publishTimeoutMs = 30_000): KafkaBus {
  const { brokers } = testStack().kafka;
  const bus = new KafkaBus({
    brokers,
    clientId: 'outage',
    publishTimeoutMs,
    ...(line ? { socketFactory: line.factory } : {}),
  });
  buses.push(bus);
  return bus;
}

async function wholeLog(): Promise<number[]> {
  const seen: BusRecord[] = [];
  const replay = await watcher.replay({
    reader: 'w',
    topics: [topic],
    onRecords: (records) => void seen.push(...records),
  });
  await replay.caughtUp;
  await replay.close();
  return numbersOf(seen);
}

beforeEach(async () => {
  topic = freshName('outage');
  watcher = open();
  await watcher.ensureTopics([{ name: topic, partitions: 1 }]);
});
afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.close()));
});

it('publishes everything exactly once and in order over connections that keep breaking', async () => {
  const line = new CuttableLine();
  const bus = open(line);
  const calls: Promise<unknown>[] = [];
  for (let sent = 0; sent < 600; sent += 10) {
    calls.push(bus.publish(numbered(topic, 10, sent)));
    await pause(5);
    if (sent % 100 === 50) line.cut();
    if (sent % 100 === 70) line.mend();
  }
  line.mend();
  await Promise.all(calls);
  expect(await wholeLog()).toEqual(upTo(600));
});

it('neither loses nor repeats a batch whose acknowledgement was lost', async () => {
  const line = new CuttableLine();
  const bus = open(line);
  await bus.publish(numbered(topic, 3));
  line.deafen();
  const call = bus.publish(numbered(topic, 3, 3));
  await waitFor(async () => (await watcher.endOffsets([topic])).partitions[0]?.end === 6n);
  line.cut();
  line.mend();
  expect(await call).toMatchObject([{ baseOffset: 3n, count: 3 }]);
  expect(await wholeLog()).toEqual(upTo(6));
});

it('does not have records dropped as duplicates of a batch that it had given up', async () => {
  const line = new CuttableLine();
  const bus = open(line, 1500);
  await bus.publish(numbered(topic, 2));
  line.deafen();
  // It reaches the log, but nobody is told: the caller has to publish it again.
  const refused = { code: 'bus/publish-failed', transient: true };
  await expect(bus.publish(numbered(topic, 2, 100))).rejects.toMatchObject(refused);
  await waitFor(async () => (await watcher.endOffsets([topic])).partitions[0]?.end === 4n);
  // Long enough for the library to have given up by itself and set its sequence numbers back.
  line.cut();
  await expect(bus.publish(numbered(topic, 2, 150))).rejects.toMatchObject(refused);
  await expect(bus.publish(numbered(topic, 2, 150))).rejects.toMatchObject(refused);
  line.mend();
  expect(await bus.publish(numbered(topic, 2, 200))).toMatchObject([{ count: 2 }]);
  expect(await bus.publish(numbered(topic, 2, 300))).toMatchObject([{ count: 2 }]);
  expect(await wholeLog()).toEqual([0, 1, 100, 101, 200, 201, 300, 301]);
});

it('rejects in time while no broker answers, and works again afterwards', async () => {
  const line = new CuttableLine();
  const bus = open(line, 1000);
  line.cut();
  const refusalMs = async () => {
    const startedMs = performance.now();
    const refused = { code: 'bus/publish-failed', transient: true };
    await expect(bus.publish(numbered(topic, 1))).rejects.toMatchObject(refused);
    return performance.now() - startedMs;
  };
  expect(await leastMs(5_000, refusalMs)).toBeLessThan(5_000);
  line.mend();
  await bus.publish(numbered(topic, 1));
});

it('delivers everything exactly once and in order to a replaying reader over connections that keep breaking', async () => {
  const line = new CuttableLine();
  const seen: number[] = [];
  const replay = await open(line).replay({
    reader: 'cut',
    topics: [topic],
    batchMax: 7,
    onRecords: (records) => void seen.push(...numbersOf(records)),
  });
  for (let sent = 0; sent < 400; sent += 10) {
    await watcher.publish(numbered(topic, 10, sent));
    await pause(20);
    if (sent % 200 === 50) line.cut();
    if (sent % 200 === 120) line.mend();
  }
  line.mend();
  await waitFor(() => seen.length >= 400, { timeoutMs: 60_000 });
  expect(seen).toEqual(upTo(400));
  await waitFor(() => replay.health().state === 'running');
});

it('loses nothing and commits nothing twice in a group over connections that keep breaking', async () => {
  const line = new CuttableLine();
  const seen: number[] = [];
  const refused: unknown[] = [];
  await open(line).consume({
    group: freshName('g'),
    topics: [topic],
    batchMax: 5,
    onBatch: async (batch) => {
      seen.push(...numbersOf(batch.records));
      await batch.commit(batch.lastOffset + 1n).catch((error: unknown) => {
        refused.push(error);
        throw error;
      });
    },
  });
  for (let sent = 0; sent < 200; sent += 10) {
    await watcher.publish(numbered(topic, 10, sent));
    await pause(20);
    if (sent === 50) line.cut();
    if (sent === 120) line.mend();
  }
  await waitFor(() => new Set(seen).size === 200, { timeoutMs: 60_000 });
  // What comes again begins at a commit, so the first sight of each number is in order.
  expect([...new Set(seen)]).toEqual(upTo(200));
  for (const error of refused) expect(error).toHaveProperty('transient', true);
});

it('reports that a reader crashed, starts it again, and goes on where it was', async () => {
  const line = new CuttableLine();
  const seen: number[] = [];
  const incidents: string[] = [];
  const replay = await open(line).replay({
    reader: 'crash',
    topics: [topic],
    onRecords: (records) => void seen.push(...numbersOf(records)),
    onIncident: ({ kind }) => void incidents.push(kind),
  });
  await watcher.publish(numbered(topic, 5));
  await waitFor(() => seen.length === 5);
  line.cut();
  await waitFor(() => replay.health().state === 'restarting', { timeoutMs: 30_000 });
  expect(replay.health().lastError).toMatch(/Kafka/);
  await watcher.publish(numbered(topic, 5, 5));
  line.mend();
  await waitFor(() => seen.length === 10, { timeoutMs: 30_000 });
  expect(seen).toEqual(upTo(10));
  expect(incidents).toContain('restarted');
  expect(replay.health()).toMatchObject({ state: 'running', stoppedTopics: [] });
});
