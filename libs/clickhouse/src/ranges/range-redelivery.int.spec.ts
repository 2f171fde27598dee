import { freshName, testStack } from '#libs/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClickHouse } from '../client/clickhouse-client.js';
import { RangeReader } from './range-reader.js';
import { createWorld, exampleLog, handlerOf, naivePicture, pictureOf, TOPIC } from './range-world.fixture.js';
import { RangeWriter } from './range-writer.js';

const client = createClickHouse({ url: testStack().clickhouse.url });
const database = freshName('redelivery', '_');

beforeAll(() => createWorld(client, database));
afterAll(async () => {
  await client.command({ query: `DROP DATABASE ${database}` });
  await client.close();
});

it('more records after a range whose last commit failed are not taken before the range is repeated', async () => {
  const writer = new RangeWriter(client, database, ['decisions', 'calls'], 1);
  await writer.prepare();
  const reader = new RangeReader({
    client,
    database,
    topic: TOPIC,
    partition: 0,
    writer,
    handler: handlerOf(client, database),
  });
  const log = exampleLog(12);
  let committed: { offset: bigint; metadata: string | null } | null = null;
  let isBrokerAway = false;
  const take = (records: typeof log) =>
    reader.take({
      records,
      signal: new AbortController().signal,
      commit: async (offset, metadata = null) => {
        if (isBrokerAway) throw new Error('no broker');
        committed = { offset, metadata };
        // Away as soon as the range has been announced.
        isBrokerAway = metadata !== null;
      },
    });
  reader.assigned(null);
  await expect(take(log.slice(0, 5))).rejects.toThrow('no broker');
  isBrokerAway = false;
  // The same consumer is given the same records again, with more that have come meanwhile, as if nothing had happened.
  await expect(take(log)).rejects.toThrow('assigned');
  expect(committed).toEqual({ offset: 0n, metadata: '0-4' });
  reader.assigned(committed);
  await expect(take(log)).rejects.toThrow('no broker');
  expect(await pictureOf(client, database)).toEqual(naivePicture(log.slice(0, 5)));
});
