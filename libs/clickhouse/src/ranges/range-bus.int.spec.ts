import { KafkaBus, type BusRecord, type Consumption } from '#libs/bus';
import { freshName, testStack, waitFor } from '#libs/testing';
import { Kafka } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClickHouse } from '../client/clickhouse-client.js';
import { RangeReader, type RangeHandler, type StoredRange } from './range-reader.js';
import { RangeWriter } from './range-writer.js';
import { createWorld, exampleLog, handlerOf, naivePicture, pictureOf, type Item } from './range-world.fixture.js';

const { kafka, clickhouse } = testStack();
const client = createClickHouse({ url: clickhouse.url });
const database = freshName('bus', '_');
const topic = freshName('ranges');
const group = freshName('audit');
const PARTITIONS = [0, 1] as const;
const buses: KafkaBus[] = [];
const stored: StoredRange[] = [];

const handler: RangeHandler<BusRecord, Item> = {
  unpack: ({ value }) => JSON.parse(String(value)) as Item[],
  rows: handlerOf(client, database).rows,
};

function openBus(clientId: string): KafkaBus {
  const bus = new KafkaBus({ brokers: kafka.brokers, clientId });
  buses.push(bus);
  return bus;
}

/** A consumer process: its own bus, writer and readers; `sabotage` is asked before each insert. */
async function startConsumer(clientId: string, sabotage: () => void = () => undefined): Promise<Consumption> {
  const saboteur = new Proxy(client, {
    get: (target, name) => {
      if (name !== 'insert') return Reflect.get(target, name);
      return async (params: Parameters<typeof target.insert>[0]) => {
        sabotage();
        return target.insert(params);
      };
    },
  });
  const writer = new RangeWriter(saboteur, database, ['decisions', 'calls'], 1);
  await writer.prepare();
  const onStored = (range: StoredRange) => void stored.push(range);
  const readers = PARTITIONS.map(
    (partition) => new RangeReader({ client, database, topic, partition, writer, handler, onStored }),
  );
  return openBus(clientId).consume({
    group,
    topics: [topic],
    batchMax: 7,
    onAssigned: (partitions) =>
      partitions.forEach(({ partition, committed }) => readers[partition]?.assigned(committed)),
    onBatch: async (batch) => readers[batch.partition]?.take(batch),
  });
}

/** One insert in eleven fails: some tables of a range are then written, others not, over and over. */
function failing(): () => void {
  let inserts = 0;
  return () => {
    inserts += 1;
    if (inserts % 11 === 2) throw Object.assign(new Error('cut'), { code: 'ECONNRESET' });
  };
}

beforeAll(async () => {
  await createWorld(client, database);
});
afterAll(async () => {
  await Promise.all(buses.map((bus) => bus.close()));
  const admin = new Kafka({ brokers: kafka.brokers }).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
  await client.command({ query: `DROP DATABASE ${database}` });
  await client.close();
});

describe('ranges from a real broker', () => {
  it('are stored once through failing inserts, rebalances and consumers that are replaced', async () => {
    // Partition 1 has decisions of its own: the same log by other replicas.
    const logs = PARTITIONS.map((partition) =>
      exampleLog(100, 5).map(({ offset, items }) => ({
        offset,
        items: items.map((item) => ({
          ...item,
          replica: `${item.replica}p${partition}`,
          id: `${partition}-${item.id}`,
        })),
      })),
    );
    const producer = openBus('spool');
    await producer.ensureTopics([{ name: topic, partitions: PARTITIONS.length }]);
    const publish = async (from: number, to: number) => {
      for (const partition of PARTITIONS) {
        const records = logs[partition]?.slice(from, to) ?? [];
        await producer.publish(
          records.map(({ items }) => ({ topic, key: null, partition, value: JSON.stringify(items) })),
        );
      }
    };
    const reached = (offset: bigint) =>
      waitFor(
        () => PARTITIONS.every((at) => stored.some(({ partition, last }) => partition === at && last >= offset)),
        {
          timeoutMs: 60_000,
          what: `offset ${offset} in every partition`,
        },
      );

    await publish(0, 40);
    const first = await startConsumer('first', failing());
    await reached(20n);
    // The second joins and takes a partition while the first is at work on both.
    await publish(40, 80);
    const second = await startConsumer('second', failing());
    await reached(50n);
    await first.close();
    await publish(80, 100);
    await reached(99n);
    await second.close();
    // The spool's worker was killed before it noted what it had sent.
    await publish(70, 100);
    await startConsumer('third');
    await reached(129n);

    expect(await pictureOf(client, database)).toEqual(naivePicture(logs.flat()));
    expect(stored.some(({ repeated }) => repeated)).toBe(true);
    expect(stored.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(2 * 30 * 5);
  });
});
