import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { createTopic } from './create-topic.js';
import { freshDatabase } from './fresh-database.js';
import { freshName } from './fresh-name.js';
import { testStack } from './test-stack.js';

it('gives each caller an empty database of its own on the real PostgreSQL 18', async () => {
  const [first, second] = [await freshDatabase(), await freshDatabase()];
  expect(first).not.toBe(second);
  const client = new Client({ connectionString: first });
  await client.connect();
  const { rows } = await client.query<{ version: string; tables: string }>(
    `select current_setting('server_version') as version,
            (select count(*) from information_schema.tables where table_schema = 'public') as tables`,
  );
  await client.end();
  expect(rows[0]?.version).toMatch(/^18\./);
  expect(Number(rows[0]?.tables)).toBe(0);
});

it('reaches the real Kafka, which creates no topic by itself', async () => {
  const admin = new Kafka({
    brokers: testStack().kafka.brokers,
    logLevel: logLevel.NOTHING,
    retry: { retries: 1 },
  }).admin();
  const topic = freshName('orders');
  await admin.connect();
  try {
    await createTopic(admin, { topic, numPartitions: 2 });
    expect(await admin.fetchTopicOffsets(topic)).toHaveLength(2);
    await expect(admin.fetchTopicOffsets(freshName('absent'))).rejects.toThrow();
    await admin.deleteTopics({ topics: [topic] });
  } finally {
    await admin.disconnect();
  }
});
