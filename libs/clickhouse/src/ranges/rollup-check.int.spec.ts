import { freshName, testStack } from '#libs/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClickHouse } from '../client/clickhouse-client.js';
import { PartitionTwin } from './range-partition.fixture.js';
import { createWorld, exampleLog, TOPIC } from './range-world.fixture.js';
import { rollupFaults } from './rollup-check.js';

const client = createClickHouse({ url: testStack().clickhouse.url });
const database = freshName('check', '_');
const look = async (first = 0n, end = 5_000n) => {
  const { compared, faults } = await rollupFaults(
    client,
    database,
    ['decisions', 'calls'],
    [{ topic: TOPIC, partition: 0, first, end }],
    1,
  );
  expect(compared).toEqual(['by_outcome', 'by_who', 'calls_by_hour']);
  return faults.map(({ rollup, firstOffset }) => `${rollup} ${firstOffset}`).toSorted();
};
const command = (query: string) =>
  client.command({ query: query.replaceAll('db.', `${database}.`), clickhouse_settings: { mutations_sync: '1' } });

beforeAll(async () => {
  await createWorld(client, database);
  const log = [
    ...exampleLog(4),
    ...exampleLog(8)
      .slice(4)
      .map((record, index) => ({ ...record, offset: 4_096n + BigInt(index) })),
  ];
  await new PartitionTwin(log, database).join(client).run(3);
});
afterAll(async () => {
  await client.command({ query: `DROP DATABASE ${database}` });
  await client.close();
});

it('finds nothing where every rollup says what the rows say', async () => {
  expect(await look()).toEqual([]);
});

it('names the bucket and the rollup that counts too much, one whose sums are wrong, and one that lacks rows', async () => {
  await command(`INSERT INTO db.by_who SELECT * FROM db.by_who WHERE kafka_bucket = 0 LIMIT 1`);
  await command(`ALTER TABLE db.by_outcome UPDATE amount = amount + 1 WHERE kafka_bucket = 1`);
  await command(`DELETE FROM db.calls_by_hour WHERE kafka_bucket = 1`);
  expect(await look()).toEqual(['by_outcome 4096', 'by_who 0', 'calls_by_hour 4096']);
  // A bucket that begins before what is asked for is not whole.
  expect(await look(1n)).toEqual(['by_outcome 4096', 'calls_by_hour 4096']);
});

it('takes rows above what is known to be stored for under way, not for a fault', async () => {
  await command(`DELETE FROM db.by_who WHERE kafka_bucket = 1`);
  expect(await look(0n, 4_096n)).toEqual(['by_outcome 4096', 'by_who 0']);
});
