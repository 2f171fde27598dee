import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { batchBytes, writeBatch, type BatchHead, type BatchRecord } from './record-batch.js';

const load = createRequire(import.meta.url);
type Encoder = { readonly buffer: Buffer };
type Message = { offset: string; timestamp: string; key: Buffer; value: Buffer; headers: object };
const { RecordBatch } = load('kafkajs/src/protocol/recordBatch/v0') as { RecordBatch(o: object): Promise<Encoder> };
const Record = load('kafkajs/src/protocol/recordBatch/record/v0') as (o: object) => Encoder;
const Decoder = load('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
const decodeBatch = load('kafkajs/src/protocol/recordBatch/v0/decoder') as (d: object) => Promise<{
  records: Message[];
  [field: string]: unknown;
}>;

const head: BatchHead = {
  timestampMs: 1_764_345_600_123,
  producerId: 4_000_000_021n,
  producerEpoch: 3,
  firstSequence: 7,
};

function written(records: readonly BatchRecord[], given = head): Buffer {
  // What stood there before must not show through.
  const target = Buffer.alloc(batchBytes(records) + 20, 0xaa);
  const end = writeBatch(target, 9, records, given);
  expect(end - 9).toBe(batchBytes(records));
  return target.subarray(9, end);
}

async function theirs(records: readonly BatchRecord[], given = head): Promise<Buffer> {
  const batch = await RecordBatch({
    records: records.map(({ key, value }, offsetDelta) => {
      return Record({ offsetDelta, timestampDelta: 0, key, value: Buffer.concat(value) });
    }),
    firstTimestamp: given.timestampMs,
    maxTimestamp: given.timestampMs,
    producerId: String(given.producerId),
    producerEpoch: given.producerEpoch,
    firstSequence: given.firstSequence,
    lastOffsetDelta: records.length - 1,
  });
  return batch.buffer;
}

/** Reproducible: a failure can be looked at again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Lengths around where a varint grows by a byte are drawn often. */
const EDGES = [0, 1, 63, 64, 8191, 8192];

function randomRecords(seed: number): BatchRecord[] {
  const below = random(seed);
  const bytes = () => {
    const length = below(3) > 0 ? Math.max(0, (EDGES[below(EDGES.length)] ?? 0) + below(3) - 1) : below(300);
    return Buffer.from(Array.from({ length }, () => below(256)));
  };
  return Array.from({ length: 1 + below(seed % 10 === 0 ? 200 : 8) }, () => {
    return { key: bytes(), value: Array.from({ length: below(4) }, bytes) };
  });
}

it('writes the very bytes that kafkajs writes for the same records', async () => {
  for (let seed = 0; seed < 60; seed += 1) {
    const records = randomRecords(seed);
    expect(written(records).equals(await theirs(records))).toBe(true);
  }
});

it('is read back by kafkajs as the records that were given', async () => {
  for (let seed = 100; seed < 130; seed += 1) {
    const records = randomRecords(seed);
    const read = await decodeBatch(new Decoder(written(records)));
    expect(read.records.map(({ key, value }) => ({ key, value }))).toEqual(
      records.map(({ key, value }) => ({ key, value: Buffer.concat(value) })),
    );
  }
});

it('carries the highest producer id, epoch and sequence number', async () => {
  const records = randomRecords(1);
  const given = { timestampMs: 0, producerId: 2n ** 63n - 1n, producerEpoch: 0x7fff, firstSequence: 0x7fff_ffff };
  expect(written(records, given).equals(await theirs(records, given))).toBe(true);
});
