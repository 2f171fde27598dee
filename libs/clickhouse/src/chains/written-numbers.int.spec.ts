import { freshName, testStack } from '#libs/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClickHouse } from '../client/clickhouse-client.js';
import { sequenceTableDdl } from '../ranges/sequence-table.js';
import { writtenNumbers } from './written-numbers.js';

const client = createClickHouse({ url: testStack().clickhouse.url });
const database = freshName('written', '_');
const place = { topic: 'gateway.decisions.v1', partition: 2 };
const today = new Date().toISOString().slice(0, 10);

const command = (query: string) => client.command({ query: query.replaceAll('db.', `${database}.`) });
/** What one range noted of a writer. */
const noted = (offset: number, boot: string, seq: number, days = 0) =>
  command(`INSERT INTO db.ingested_sequences (kafka_topic, kafka_partition, replica, boot, kafka_offset, seq, stored_at)
    VALUES ('${place.topic}', 2, 'gateway-1', '${boot}', ${offset}, ${seq}, now() - INTERVAL ${days} DAY)`);
const written = async (from: number | undefined, end: number, most = 10) => {
  const found = await writtenNumbers(client, database, { ...place, from, end }, most);
  return found && { ...found, writers: found.writers.map(({ boot, after, upTo }) => [boot, after, upTo]) };
};

beforeAll(async () => {
  await command(`CREATE DATABASE ${database}`);
  await client.command({ query: sequenceTableDdl, query_params: { database } });
  for (const table of ['decisions', 'calls']) {
    await command(`CREATE TABLE db.${table} (appended_at DateTime64(3, 'UTC'), kafka_topic String, kafka_partition UInt32,
      kafka_offset UInt64) ENGINE = MergeTree ORDER BY kafka_offset`);
  }
  await noted(9, 'old', 90, 2);
  for (const [offset, boot, seq] of [
    [10, 'a', 5],
    [20, 'b', 7],
    [30, 'a', 9],
    [40, 'c', 1],
    [50, 'b', 3],
  ] as const) {
    await noted(offset, boot, seq);
  }
  await command(
    `INSERT INTO db.calls VALUES ('2026-11-03 23:59:59.999', '${place.topic}', 2, 12), ('2026-11-02 00:00:00', '${place.topic}', 1, 12)`,
  );
});
afterAll(async () => {
  await command(`DROP DATABASE ${database}`);
  await client.close();
});

it('begins with what is too young to have expired, and says from which day on its rows are', async () => {
  const writers = [
    ['a', 0, 9],
    ['b', 0, 7],
    ['c', 0, 1],
  ];
  expect(await written(undefined, 60)).toEqual({ ...place, end: 60, since: '2026-11-03', writers });
});

it('goes on from where it was left, and states no number that came late', async () => {
  expect(await written(20, 50)).toMatchObject({
    writers: [
      ['a', 5, 9],
      ['b', 0, 7],
      ['c', 0, 1],
    ],
  });
  expect(await written(41, 60)).toEqual({ ...place, end: 60, since: today, writers: [] });
  expect(await written(60, 80)).toBeUndefined();
});

it('stops where another writer would be one too many, and the next one begins there', async () => {
  expect(await written(10, 60, 2)).toMatchObject({
    end: 40,
    writers: [
      ['a', 0, 9],
      ['b', 0, 7],
    ],
  });
  expect(await written(40, 60, 2)).toMatchObject({ end: 60, writers: [['c', 0, 1]] });
});
