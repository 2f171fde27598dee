import { expect, it } from 'vitest';
import { BatchMemory, REQUEST_BYTES_MAX, requestsOf, type PlacedRecord } from './encoded-batches.js';
import type { BatchHead } from './record-batch.js';

const head: BatchHead = { timestampMs: 5, producerId: 1n, producerEpoch: 0, firstSequence: 0 };
const record = (partition: number, bytes: number): PlacedRecord => {
  return { partition, key: Buffer.from('k'), value: [Buffer.alloc(bytes, partition)] };
};

it('puts as many records into a request as it takes, in order', () => {
  const records = Array.from({ length: 10 }, (_, i) => record(i % 2, 300 * 1024));
  const requests = requestsOf(records);
  expect(requests.map((request) => request.length)).toEqual([2, 2, 2, 2, 2]);
  expect(requests.flat()).toEqual(records);
});

it('fits each request that it makes into its memory', () => {
  const memory = new BatchMemory();
  for (const bytes of [1, 700, 60_000, 449 * 1024]) {
    const records = Array.from({ length: 200 }, (_, i) => record(i % 12, bytes));
    for (const request of requestsOf(records).slice(0, 3)) {
      const batches = memory.encode(request, () => head);
      expect(batches.reduce((sum, batch) => sum + batch.bytes.length, 0)).toBeLessThanOrEqual(REQUEST_BYTES_MAX);
      expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(request.length);
    }
  }
});

it('refuses a record that no request takes, and any batch beyond its memory', () => {
  expect(() => requestsOf([record(0, 1), record(0, REQUEST_BYTES_MAX)])).toThrow(RangeError);
  expect(() => new BatchMemory().encode([record(0, 2 * REQUEST_BYTES_MAX)], () => head)).toThrow(RangeError);
});

it('writes one batch for each partition, behind its number and length', () => {
  const batches = new BatchMemory().encode([record(3, 1), record(1, 10), record(3, 2)], () => head);
  expect(batches.map(({ partition, count }) => [partition, count])).toEqual([
    [3, 2],
    [1, 1],
  ]);
  for (const { partition, bytes } of batches) {
    expect(bytes.readInt32BE(0)).toBe(partition);
    expect(bytes.readInt32BE(4)).toBe(bytes.length - 8);
  }
});

it('uses its memory again, but never what was left to others', () => {
  const memory = new BatchMemory();
  const [first] = memory.encode([record(1, 100)], () => head);
  const [second] = memory.encode([record(1, 100)], () => head);
  expect(second?.bytes.buffer).toBe(first?.bytes.buffer);
  const sent = Buffer.from(second?.bytes ?? []);
  memory.leave();
  memory.encode([record(2, 100)], () => head);
  expect(second?.bytes.equals(sent)).toBe(true);
});
