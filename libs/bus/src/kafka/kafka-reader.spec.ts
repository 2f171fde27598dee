import { silentLogger } from '#libs/bus';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PuppetConsumer, type PuppetFaults } from '../contract/puppet-consumer.fixture.js';
import { KafkaReader } from './kafka-reader.js';

const readers: KafkaReader[] = [];
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.close(1)));
  vi.useRealTimers();
});

function scene(faults: PuppetFaults = {}, alone = true) {
  const consumers: PuppetConsumer[] = [];
  const kafka = {
    consumer: ({ groupId }: { groupId: string }) => {
      const consumer = new PuppetConsumer(groupId, faults);
      consumers.push(consumer);
      return consumer as unknown as Consumer;
    },
  } as unknown as Kafka;
  const handled: unknown[] = [];
  const ended: string[] = [];
  const restarts: string[] = [];
  let handling: Promise<void> = Promise.resolve();
  const reader = new KafkaReader(
    {
      group: 'g',
      alone,
      topics: ['t'],
      maxWaitMs: 20,
      partitionBytesMax: 1,
      partitionsConcurrently: 1,
      onJoin: () => undefined,
      onBatch: async (payload) => {
        handled.push(payload);
        await handling;
      },
      onRestart: (reason) => restarts.push(reason),
    },
    {
      kafka: () => kafka,
      openFetches: () => () => void ended.push('fetch'),
      logger: silentLogger,
      replaySessionMs: 30_000,
      clock: { monotonicMs: () => Date.now(), wallMs: () => Date.now() },
    },
  );
  readers.push(reader);
  const begin = async () => {
    const started = reader.start();
    await vi.advanceTimersByTimeAsync(0);
    consumers[0]?.join();
    await started;
  };
  const hold = (): (() => void) => {
    let release: () => void = () => undefined;
    handling = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  };
  return { reader, consumers, handled, ended, restarts, begin, hold };
}
const payload = {} as EachBatchPayload;

it('starts a new consumer after a crash, in a group of a new name if it reads alone, and says so', async () => {
  const { reader, consumers, restarts, begin } = scene();
  await begin();
  consumers[0]?.say('crash', { error: new Error('not retriable'), restart: false });
  expect(reader.health([])).toMatchObject({ state: 'restarting', lastError: 'Error: not retriable' });
  await vi.advanceTimersByTimeAsync(200);
  expect(consumers).toHaveLength(2);
  expect(consumers[0]?.disconnected).toBe(true);
  expect(consumers[1]?.groupId).not.toBe(consumers[0]?.groupId);
  consumers[1]?.join();
  expect(reader.health([])).toMatchObject({ state: 'running', restarts: 1 });
  expect(restarts).toEqual(['Error: not retriable']);
});

it('keeps its group’s name where it shares the work', async () => {
  const { consumers, begin } = scene({}, false);
  await begin();
  consumers[0]?.say('crash', { error: new Error('x') });
  await vi.advanceTimersByTimeAsync(200);
  expect(consumers.map(({ groupId }) => groupId)).toEqual(['g', 'g']);
});

it('starts a new consumer when the loop stands still, though nothing crashed', async () => {
  const { reader, consumers, begin } = scene();
  await begin();
  for (let i = 0; i < 30; i += 1) {
    await vi.advanceTimersByTimeAsync(1000);
    consumers[0]?.say('network.request', { apiName: 'Fetch' });
  }
  expect(consumers).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(reader.health([]).loopAgeMs).toBe(5000);
  await vi.advanceTimersByTimeAsync(17_000);
  expect(consumers).toHaveLength(2);
});

it('does not take a long handler for a loop that stands still, but shows the age of the loop', async () => {
  const { reader, consumers, begin, hold } = scene();
  await begin();
  const release = hold();
  const delivery = consumers[0]?.eachBatch(payload);
  await vi.advanceTimersByTimeAsync(60_000);
  consumers[0]?.say('network.request', { apiName: 'Heartbeat' });
  expect(consumers).toHaveLength(1);
  expect(reader.health([]).loopAgeMs).toBe(60_000);
  release();
  await delivery;
  expect(reader.health([]).loopAgeMs).toBe(0);
});

it('goes on trying, ever more slowly up to 1.5 s, while it cannot connect', async () => {
  const { reader, consumers } = scene({ connect: new Error('refused') });
  const started = reader.start();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(consumers.length).toBeGreaterThan(20);
  expect(consumers.length).toBeLessThan(40);
  await reader.close();
  await started;
  const tried = consumers.length;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(consumers).toHaveLength(tried);
});

it('hands over nothing from a consumer that was given up, nor after it was closed', async () => {
  const { reader, consumers, handled, begin } = scene();
  await begin();
  consumers[0]?.say('crash', { error: new Error('x') });
  await vi.advanceTimersByTimeAsync(200);
  await consumers[0]?.eachBatch(payload);
  expect(handled).toEqual([]);
  consumers[1]?.join();
  await consumers[1]?.eachBatch(payload);
  expect(handled).toHaveLength(1);
  await reader.close();
  await consumers[1]?.eachBatch(payload);
  expect(handled).toHaveLength(1);
});

it('closes in time although the consumer does not', async () => {
  const { reader, begin } = scene({ hangs: true });
  await begin();
  const closed = reader.close(500);
  await vi.advanceTimersByTimeAsync(500);
  await closed;
  expect(reader.health([]).state).toBe('closed');
});

it('ends the fetch that its consumer waits for when it closes, and one that was just about to be sent', async () => {
  const { reader, ended, begin } = scene({ hangs: true });
  await begin();
  expect(ended).toEqual([]);
  const closed = reader.close(500);
  expect(ended).toEqual(['fetch']);
  await vi.advanceTimersByTimeAsync(60);
  expect(ended).toEqual(['fetch', 'fetch']);
  await vi.advanceTimersByTimeAsync(500);
  await closed;
  const { length } = ended;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ended).toHaveLength(length);
});
