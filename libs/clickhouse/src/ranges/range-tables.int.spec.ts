import { freshName, testStack } from '#libs/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createClickHouse } from '../client/clickhouse-client.js';
import { inspectRangeTables } from './range-tables.js';
import { createWorld } from './range-world.fixture.js';

const client = createClickHouse({ url: testStack().clickhouse.url });
const databases: string[] = [];
let database: string;

beforeEach(async () => {
  database = freshName('schema', '_');
  databases.push(database);
  await createWorld(client, database);
});
afterAll(async () => {
  for (const name of databases) await client.command({ query: `DROP DATABASE ${name}` });
  await client.close();
});

const inspect = () => inspectRangeTables(client, database, ['decisions', 'calls']);
const change = (query: string) => client.command({ query: query.replaceAll('db.', `${database}.`) });

describe('the schema that ranges are written to', () => {
  it('is found with every rollup', async () => {
    const found = await inspect();
    expect(found.map(({ name, rollups }) => [name, rollups.map(({ table }) => table).sort()])).toEqual([
      ['decisions', ['by_outcome', 'by_who']],
      ['calls', ['calls_by_hour']],
    ]);
  });

  it.each(['decisions', 'by_who', 'calls_by_hour'])(
    'is refused when %s would forget blocks too soon',
    async (table) => {
      await change(`ALTER TABLE db.${table} MODIFY SETTING non_replicated_deduplication_window = 50`);
      await expect(inspect()).rejects.toThrow(`${table}: non_replicated_deduplication_window is 50`);
    },
  );

  it('is refused when a rollup cannot be compared, hides its table, or feeds another', async () => {
    await change(`CREATE TABLE db.plain (minute DateTime, rows UInt64) ENGINE = SummingMergeTree ORDER BY minute`);
    await change(
      'CREATE MATERIALIZED VIEW db.v1 TO db.plain AS SELECT toStartOfMinute(at) AS minute, count() AS rows FROM db.decisions GROUP BY minute',
    );
    await change('CREATE MATERIALIZED VIEW db.v2 ENGINE = MergeTree ORDER BY id AS SELECT id FROM db.calls');
    await change('CREATE MATERIALIZED VIEW db.v3 ENGINE = MergeTree ORDER BY who AS SELECT who FROM db.by_who');
    const refusal = await inspect().catch((error: unknown) => String(error));
    expect(refusal).toContain('plain: lacks kafka_topic, kafka_partition, kafka_bucket');
    expect(refusal).toContain('plain: non_replicated_deduplication_window is 0');
    expect(refusal).toContain('v2: a view of');
    expect(refusal).toContain('by_who: has views of its own (v3)');
  });

  it('is refused when a table is missing or of another engine', async () => {
    await change('DROP TABLE db.calls');
    await change('CREATE TABLE db.calls (id String) ENGINE = Memory');
    await expect(inspect()).rejects.toThrow('calls: its engine is Memory');
  });
});
