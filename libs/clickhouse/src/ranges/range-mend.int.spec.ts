import { freshName, testStack } from '#libs/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createClickHouse } from '../client/clickhouse-client.js';
import { PartitionTwin } from './range-partition.fixture.js';
import { createWorld, exampleLog, naivePicture, pictureOf } from './range-world.fixture.js';

const client = createClickHouse({ url: testStack().clickhouse.url });
const databases: string[] = [];
let database: string;
let twin: PartitionTwin;

const change = (query: string) =>
  client.command({
    query: query.replaceAll('db.', `${database}.`),
    clickhouse_settings: { lightweight_deletes_sync: '2' },
  });

/** Two ranges are stored; the commit after the second is lost, so that it will be repeated. */
beforeEach(async () => {
  database = freshName('mend', '_');
  databases.push(database);
  await createWorld(client, database);
  twin = new PartitionTwin(exampleLog(12), database);
  await twin
    .join(client, { at: 10, when: 'before' })
    .run(6)
    .catch(() => undefined);
});
afterAll(async () => {
  for (const name of databases) await client.command({ query: `DROP DATABASE ${name}` });
  await client.close();
});

async function expectMended(...tables: string[]): Promise<void> {
  expect(twin.committed).toEqual({ offset: 6n, metadata: '6-11' });
  expect(await pictureOf(client, database)).not.toEqual(naivePicture(twin.records));
  await twin.join(client).run(6);
  expect(await pictureOf(client, database)).toEqual(naivePicture(twin.records));
  expect([...(twin.stored.at(-1)?.mended ?? [])].sort()).toEqual(tables.sort());
}

describe('after a range is repeated', () => {
  it('rows whose token was noted before a kill, and never their part, are added', async () => {
    await change('DELETE FROM db.decisions WHERE kafka_offset >= 6');
    await expectMended('decisions', 'by_who', 'by_outcome');
  });

  it('some missing rows are added without touching the others', async () => {
    await change('DELETE FROM db.calls WHERE kafka_offset IN (7, 9)');
    await expectMended('calls', 'calls_by_hour');
  });

  it('rows that came twice are there once', async () => {
    await client.command({
      query: `INSERT INTO ${database}.decisions SELECT * FROM ${database}.decisions WHERE kafka_offset >= 6`,
      clickhouse_settings: { insert_deduplication_token: 'another' },
    });
    await expectMended('decisions', 'by_who', 'by_outcome');
  });

  it('a rollup that lacks the range gets it', async () => {
    await change('TRUNCATE TABLE db.by_who');
    await expectMended('by_who');
  });

  it('a rollup of sketches that counted it twice is set right', async () => {
    await client.command({
      query: `INSERT INTO ${database}.calls_by_hour SELECT * FROM ${database}.calls_by_hour`,
      clickhouse_settings: { insert_deduplication_token: 'another' },
    });
    await expectMended('calls_by_hour');
  });

  it('a mending that is itself cut off anywhere is finished by the next', async () => {
    await change('DELETE FROM db.decisions WHERE kafka_offset >= 6');
    for (const at of [5, 6, 7, 8, 9, 10]) {
      for (const when of ['before', 'after'] as const)
        await twin
          .join(client, { at, when })
          .run(6)
          .catch(() => undefined);
    }
    await twin.join(client).run(6);
    expect(await pictureOf(client, database)).toEqual(naivePicture(twin.records));
  });

  it('what other partitions and earlier ranges stored is left alone', async () => {
    await client.insert({
      table: `${database}.decisions`,
      values: [
        {
          at: '2026-11-23T10:00:07.000Z',
          id: 'other',
          who: 'r0',
          amount: 5,
          allowed: false,
          kafka_topic: 'gateway.decisions.v1',
          kafka_partition: 1,
          kafka_offset: 7,
          kafka_index: 0,
        },
      ],
      format: 'JSONEachRow',
    });
    await change("DELETE FROM db.by_who WHERE kafka_partition = 0 AND who = 'r0'");
    await twin.join(client).run(6);
    expect(twin.stored.at(-1)?.mended).toEqual(['by_who']);
    const picture = await pictureOf(client, database);
    expect(picture.decisions).toEqual([...naivePicture(twin.records).decisions, 'other 0 r0 5 0'].sort());
    const other = await client.query({
      query: `SELECT toString(sum(rows)) AS n FROM ${database}.by_who WHERE kafka_partition = 1`,
      format: 'JSONEachRow',
    });
    expect(await other.json()).toEqual([{ n: '1' }]);
  });
});
