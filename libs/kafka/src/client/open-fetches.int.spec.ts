import { createTopic, freshName, testStack, waitFor } from '#libs/testing';
import { expect, it } from 'vitest';
import { kafkaClient } from './kafka-client.js';
import { openFetches } from './open-fetches.js';

/** Far above what anything here may take: the end of a consumer that waited for its fetch would be seen. */
const WAIT_MS = 60_000;

it('lets a consumer end at once that waits for records, without a word about the broker’s late answer', async () => {
  const said: string[] = [];
  const say = (_: object, message: string) => void said.push(message);
  const logger = { debug: () => undefined, info: () => undefined, warn: say, error: say };
  const kafka = kafkaClient({ brokers: testStack().kafka.brokers, clientId: 'open-fetches', logger });
  const topic = freshName('open-fetches');
  const admin = kafka.admin();
  await admin.connect();
  await createTopic(admin, { topic, numPartitions: 1 });

  const endFetches = openFetches(kafka);
  const consumer = kafka.consumer({ groupId: freshName('g'), maxWaitTimeInMs: WAIT_MS, retry: { retries: 0 } });
  let fetches = 0;
  consumer.on('consumer.fetch_start', () => (fetches += 1));
  const seen: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void seen.push(String(message.value)) });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value: 'one' }] });
  await waitFor(() => seen.length === 1 && fetches > 1, { timeoutMs: 30_000, what: 'the fetch after the record' });

  const stopping = consumer.disconnect().then(() => true);
  let stopped = false;
  void stopping.then(() => (stopped = true));
  await waitFor(() => (endFetches(), stopped), { timeoutMs: WAIT_MS / 2, what: 'the consumer to have ended' });
  expect(said).toEqual([]);
  await Promise.all([producer.disconnect(), admin.disconnect()]);
});
