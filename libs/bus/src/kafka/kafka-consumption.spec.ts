import { silentLogger, systemClock, type ConsumedBatch, type ConsumeOptions } from '#libs/bus';
import { waitFor } from '#libs/testing';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { afterEach, expect, it, vi } from 'vitest';
import { PuppetConsumer } from '../contract/puppet-consumer.fixture.js';
import { KafkaConsumption } from './kafka-consumption.js';
import { SESSION_TIMEOUT_MS } from './kafka-settings.js';
import type { KafkaTopics } from './kafka-topics.js';

const open: KafkaConsumption[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((consumption) => consumption.close(10)));
});

/** A consumption whose rejoins and deliveries the test decides on; what a real broker does is in the int specs. */
async function scene(options: Partial<ConsumeOptions> = {}) {
  const story: string[] = [];
  const consumer = new PuppetConsumer('g');
  const kafka = { consumer: () => consumer as unknown as Consumer } as unknown as Kafka;
  const bounds = [0, 1].map((partition) => ({ topic: 't', partition, start: 0n, end: 100n }));
  const topics = {
    committed: async () => new Map([[0, { offset: 5n, metadata: '5-9' }]]),
    endOffsets: async () => ({ askedAtMs: 0, partitions: bounds }),
  } as unknown as KafkaTopics;
  const held: { batch: ConsumedBatch; end: (error?: Error) => void }[] = [];
  const consumption = new KafkaConsumption(
    {
      group: 'g',
      topics: ['t'],
      batchMax: 10,
      onAssigned: (partitions) => void story.push(`at ${partitions.map(({ next }) => next).join()}`),
      onRevoked: (partitions) => void story.push(`lost ${partitions.map(({ partition }) => partition).join()}`),
      onBatch: (batch) =>
        new Promise<void>((resolve, reject) => {
          story.push(`got ${batch.firstOffset}`);
          held.push({ batch, end: (error) => (error ? reject(error) : resolve()) });
        }),
      ...options,
    },
    topics,
    {
      kafka: () => kafka,
      openFetches: () => () => undefined,
      logger: silentLogger,
      clock: systemClock,
      replaySessionMs: 30_000,
    },
  );
  open.push(consumption);
  const join = (...partitions: number[]) => consumer.say('group_join', { memberAssignment: { t: partitions } });
  const coordinator = { answers: true };
  const deliver = (...offsets: number[]) => {
    const messages = offsets.map((offset) => ({
      offset: String(offset),
      timestamp: '0',
      key: null,
      value: null,
      headers: {},
    }));
    const batch = {
      topic: 't',
      partition: 0,
      messages,
      highWatermark: '100',
      lastOffset: () => String(offsets.at(-1)),
    };
    const resolved: string[] = [];
    const payload = {
      batch,
      heartbeat: async () => {
        if (!coordinator.answers) throw new Error('no answer');
      },
      isStale: () => false,
      resolveOffset: (offset: string) => void resolved.push(offset),
    } as unknown as EachBatchPayload;
    return { done: consumer.eachBatch(payload), resolved };
  };
  const started = consumption.start();
  await waitFor(() => consumer.listeners.size > 0);
  await new Promise((resolve) => setImmediate(resolve));
  join(0);
  await started;
  return { story, consumer, consumption, coordinator, held, join, deliver };
}

it('delivers nothing below the committed offset, and moves the reader there at the join', async () => {
  const { story, consumer, held, deliver } = await scene();
  const delivery = deliver(3, 4, 5, 6);
  await waitFor(() => held.length > 0);
  held[0]?.end();
  await delivery.done;
  expect(story).toEqual(['at 5', 'got 5']);
  expect(consumer.seeks).toEqual(['t/0@5']);
  expect(delivery.resolved).toEqual(['6']);
});

it('lets a handler of the former assignment end before it hands the partition out again', async () => {
  const { story, held, join, deliver } = await scene();
  void deliver(5);
  await waitFor(() => held.length > 0);
  join(1);
  expect(held[0]?.batch.signal.aborted).toBe(true);
  await expect(held[0]?.batch.commit(6n)).rejects.toMatchObject({ code: 'bus/ownership-lost' });
  expect(story).toEqual(['at 5', 'got 5']);
  held[0]?.end();
  await waitFor(() => story.length === 4);
  expect(story).toEqual(['at 5', 'got 5', 'lost 0', 'at 0']);
});

it('begins again at the committed offset after a failure, and has resolved nothing for the library', async () => {
  const { story, consumer, held, deliver } = await scene();
  const delivery = deliver(5, 6);
  await waitFor(() => held.length > 0);
  held[0]?.end(new Error('cannot'));
  await delivery.done;
  expect(story).toEqual(['at 5', 'got 5', 'at 5']);
  expect(consumer.seeks).toEqual(['t/0@5', 't/0@5']);
  expect(delivery.resolved).toEqual([]);
});

it('begins again at the committed offset when nothing was heard from the group for a session', async () => {
  const { story, consumer, coordinator, held, deliver } = await scene();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  try {
    const delivery = deliver(5, 6);
    await waitFor(() => held.length > 0);
    coordinator.answers = false;
    await vi.advanceTimersByTimeAsync(2 * SESSION_TIMEOUT_MS);
    expect(held[0]?.batch.signal.aborted).toBe(true);
    held[0]?.end(new Error('aborted'));
    await delivery.done;
    expect(story).toEqual(['at 5', 'got 5', 'at 5']);
    expect(consumer.seeks).toEqual(['t/0@5', 't/0@5']);
    expect(delivery.resolved).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

it('lets more come before it fetches again where it stands at the log’s end, until it closes; behind it goes on', async () => {
  const { consumer, consumption, held, deliver } = await scene({ gatherMs: 60_000 });
  consumer.say('fetch', {});
  const behind = deliver(5);
  await waitFor(() => held.length === 1);
  held[0]?.end();
  await behind.done;
  const atEnd = deliver(99);
  let isOver = false;
  void atEnd.done.then(() => (isOver = true));
  await waitFor(() => held.length === 2);
  held[1]?.end();
  await waitFor(() => atEnd.resolved.length === 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOver).toBe(false);
  await consumption.close(10);
  await atEnd.done;
});

it('is not stopped by a listener that throws', async () => {
  const throwing = () => {
    throw new Error('listener');
  };
  const { story, consumption, join } = await scene({ onRevoked: throwing });
  join(1);
  await waitFor(() => story.includes('at 0'));
  expect(consumption.health()).toMatchObject({ state: 'running', lastError: 'Error' });
});
