import { createTopic, CuttableLine, freshName, testStack, waitFor } from '#libs/testing';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { BatchProducer } from './batch-producer.js';
import { REQUEST_BYTES_MAX, type PlacedRecord } from './encoded-batches.js';

const PARTITIONS = 3;
let kafka: Kafka;
let admin: Admin;
let topic: string;
const producers: BatchProducer[] = [];

function open(line?: CuttableLine, timeoutMs = 30_000): BatchProducer {
  const { brokers } = testStack().kafka;
  const factory = line ? { socketFactory: line.factory } : {};
  const producer = new BatchProducer({ brokers, clientId: 'produce', topic, timeoutMs, ...factory });
  producers.push(producer);
  return producer;
}

/** `count` records from number `from` on, dealt out to the partitions. */
function numbered(count: number, from = 0): PlacedRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const partition = (from + i) % PARTITIONS;
    return { partition, key: Buffer.from(String(partition)), value: [Buffer.from('#'), Buffer.from(String(from + i))] };
  });
}

async function ends(): Promise<number> {
  // Of a topic that is new the leader may not know yet that it leads.
  const offsets = await waitFor(() => admin.fetchTopicOffsets(topic).catch(() => undefined));
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}

/** Everything in the log, by partition, as `key value`. */
async function wholeLog(): Promise<string[][]> {
  const wanted = await ends();
  const seen: string[][] = Array.from({ length: PARTITIONS }, () => []);
  const consumer = kafka.consumer({ groupId: freshName('g'), maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      seen[partition]?.push(`${message.key?.toString()} ${message.value?.toString()}`);
    },
  });
  await waitFor(() => seen.flat().length >= wanted, { timeoutMs: 30_000 });
  await consumer.disconnect();
  return seen;
}

function expected(numbers: readonly number[]): string[][] {
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    return numbers.filter((number) => number % PARTITIONS === partition).map((number) => `${partition} #${number}`);
  });
}
const upTo = (end: number, from = 0) => Array.from({ length: end - from }, (_, i) => from + i);

beforeAll(async () => {
  kafka = new Kafka({ brokers: [...testStack().kafka.brokers], clientId: 'watch', logLevel: logLevel.NOTHING });
  admin = kafka.admin();
  await admin.connect();
});
beforeEach(async () => {
  topic = freshName('produce');
  await createTopic(admin, { topic, numPartitions: PARTITIONS });
});
afterEach(async () => {
  await Promise.all(producers.splice(0).map((producer) => producer.close(2000)));
});
afterAll(() => admin.disconnect());

it('delivers records whole and in order, also more than one request takes', async () => {
  const producer = open();
  await producer.send(numbered(7));
  await producer.send(numbered(5, 7));
  const large = Buffer.alloc(300 * 1024, 'x');
  const many = numbered(9, 12).map((record) => ({ ...record, value: [...record.value, large] }));
  await producer.send(many);
  const log = (await wholeLog()).map((values) => values.map((value) => value.replace(/x+$/, (x) => `:${x.length}`)));
  const wanted = expected(upTo(12)).map((values, partition) => {
    const after = upTo(21, 12).filter((number) => number % PARTITIONS === partition);
    return [...values, ...after.map((number) => `${partition} #${number}:${large.length}`)];
  });
  expect(log).toEqual(wanted);
});

it('publishes everything exactly once and in order over connections that keep breaking', async () => {
  const line = new CuttableLine();
  const producer = open(line);
  const breaking = setInterval(() => {
    line.cut();
    setTimeout(() => line.mend(), 20);
  }, 60);
  try {
    for (let sent = 0; sent < 600; sent += 12) {
      await producer.send(numbered(12, sent));
      await pause(5);
    }
  } finally {
    clearInterval(breaking);
  }
  expect(await wholeLog()).toEqual(expected(upTo(600)));
});

it('neither loses nor repeats a batch whose acknowledgement was lost', async () => {
  const line = new CuttableLine();
  const producer = open(line);
  await producer.send(numbered(3));
  line.deafen();
  const sending = producer.send(numbered(3, 3));
  await waitFor(async () => (await ends()) === 6);
  line.cut();
  line.mend();
  await sending;
  await producer.send(numbered(3, 6));
  expect(await wholeLog()).toEqual(expected(upTo(9)));
});

it('does not have records dropped as duplicates of a batch that it had given up', async () => {
  const line = new CuttableLine();
  const producer = open(line, 1500);
  await producer.send(numbered(3));
  line.deafen();
  // It reaches the log, but nobody is told: the caller has to publish it again.
  await expect(producer.send(numbered(3, 3))).rejects.toMatchObject({ name: 'ProduceError' });
  await waitFor(async () => (await ends()) === 6);
  line.cut();
  await expect(producer.send(numbered(3, 6))).rejects.toMatchObject({ name: 'ProduceError' });
  line.mend();
  await producer.send(numbered(3, 3));
  await producer.send(numbered(3, 6));
  expect(await wholeLog()).toEqual(expected([...upTo(6), ...upTo(9, 3)]));
});

it('waits for a topic that is created later', async () => {
  const missing = topic;
  topic = freshName('later');
  const producer = open();
  const sending = producer.send(numbered(3));
  await pause(200);
  await createTopic(admin, { topic, numPartitions: PARTITIONS });
  await sending;
  expect(await wholeLog()).toEqual(expected(upTo(3)));
  expect(topic).not.toBe(missing);
});

it('sends nothing of a call with a record that no request takes, and rejects what the topic does not take', async () => {
  const producer = open();
  const value = [Buffer.alloc(REQUEST_BYTES_MAX)];
  await expect(producer.send([...numbered(2), { partition: 0, key: Buffer.of(), value }])).rejects.toThrow(RangeError);
  expect(await ends()).toBe(0);
  topic = freshName('narrow');
  const configEntries = [{ name: 'max.message.bytes', value: '1000' }];
  await createTopic(admin, { topic, numPartitions: PARTITIONS, configEntries });
  const refused = open();
  const large = { partition: 0, key: Buffer.of(48), value: [Buffer.alloc(2000)] };
  await expect(refused.send([large])).rejects.toThrow('Publishing failed: MESSAGE_TOO_LARGE');
  await refused.send(numbered(3));
  expect(await wholeLog()).toEqual(expected(upTo(3)));
});

it('refuses a second call while one is under way, and any after it was closed', async () => {
  const producer = open();
  const first = producer.send(numbered(3));
  await expect(producer.send(numbered(3))).rejects.toMatchObject({ name: 'ProduceError' });
  await first;
  await producer.close(2000);
  await expect(producer.send(numbered(3))).rejects.toMatchObject({ name: 'ProduceError' });
  expect(await ends()).toBe(3);
});
