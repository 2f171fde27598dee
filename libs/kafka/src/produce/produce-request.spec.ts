import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Connection } from '../client/cluster.js';
import { BatchMemory, type PlacedRecord } from './encoded-batches.js';
import { produce } from './produce-request.js';

const load = createRequire(import.meta.url);
type Request = (data: object) => object;
const theirRequest = load('kafkajs/src/protocol/requests/produce/v7/request') as Request;
const framed = load('kafkajs/src/protocol/request') as (o: object) => Promise<{ readonly buffer: Buffer }>;

const CORRELATION_ID = 77;
const answer = (codes: readonly (readonly [partition: number, code: number])[], throttleMs = 0) => {
  const bytes = Buffer.alloc(15 + codes.length * 30);
  let at = bytes.writeInt32BE(1);
  at = bytes.writeInt16BE(1, at);
  at += bytes.write('t', at);
  at = bytes.writeInt32BE(codes.length, at);
  for (const [partition, code] of codes) {
    at = bytes.writeInt16BE(code, bytes.writeInt32BE(partition, at));
    for (const value of [41n, -1n, 0n]) at = bytes.writeBigInt64BE(value, at);
  }
  bytes.writeInt32BE(throttleMs, at);
  return bytes;
};

type Pushed = Parameters<Connection['requestQueue']['push']>[0];

function connection({ isConnected = true, isThrottled = false, payload = answer([[1, 0]]) } = {}) {
  const sent: Buffer[] = [];
  const throttled: number[] = [];
  const held: Pushed[] = [];
  const socket = { cork: () => undefined, uncork: () => undefined, write: (bytes: Buffer) => sent.push(bytes) };
  const push = (pushed: Pushed) => {
    if (isThrottled) return void held.push(pushed);
    pushed.sendRequest();
    pushed.entry.resolve({ payload });
  };
  const fake = {
    clientId: 'gateway-1-spool',
    socket,
    isConnected: () => isConnected,
    nextCorrelationId: () => CORRELATION_ID,
    requestQueue: { push, maybeThrottle: (ms: number) => throttled.push(ms) },
  } as unknown as Connection;
  return { fake, sent, throttled, held };
}

const records: PlacedRecord[] = [
  { partition: 1, key: Buffer.from('1'), value: [Buffer.from('{"records":['), Buffer.from('{}]}')] },
  { partition: 4, key: Buffer.from('4'), value: [Buffer.from('ä')] },
  { partition: 1, key: Buffer.from('1'), value: [] },
];
const head = { timestampMs: 1_764_345_600_123, producerId: 21n, producerEpoch: 0, firstSequence: 5 };
const encoded = () => new BatchMemory().encode(records, () => head).map(({ bytes }) => bytes);
const patience = { timeoutMs: 10_000, signal: new AbortController().signal };

beforeEach(() => {
  vi.useFakeTimers({ now: head.timestampMs });
});
afterEach(() => {
  vi.useRealTimers();
});

it('sends the very bytes that kafkajs sends for the same records', async () => {
  const { fake, sent } = connection();
  await produce(fake, 'gateway.decisions.v1', encoded(), patience);
  const partitions = [1, 4].map((partition) => ({
    partition,
    firstSequence: head.firstSequence,
    messages: records
      .filter((record) => record.partition === partition)
      .map(({ key, value }) => ({ key, value: Buffer.concat(value) })),
  }));
  const topicData = [{ topic: 'gateway.decisions.v1', partitions }];
  const asked = { acks: -1, timeout: 10_000, producerId: '21', producerEpoch: 0, topicData };
  const { buffer } = await framed({
    correlationId: CORRELATION_ID,
    clientId: 'gateway-1-spool',
    request: theirRequest(asked),
  });
  expect(Buffer.concat(sent).equals(buffer)).toBe(true);
});

it('hands out what the broker says of each partition, and holds to its throttling', async () => {
  const { fake, throttled } = connection({
    payload: answer(
      [
        [1, 0],
        [4, 6],
      ],
      250,
    ),
  });
  const answers = await produce(fake, 't', encoded(), patience);
  expect(answers).toMatchObject([
    { partition: 1, errorCode: 0, baseOffset: '41' },
    { partition: 4, errorCode: 6 },
  ]);
  expect(throttled).toEqual([250]);
});

it('rejects over a connection that is gone', async () => {
  const { fake, sent } = connection({ isConnected: false });
  await expect(produce(fake, 't', encoded(), patience)).rejects.toMatchObject({ retriable: true });
  expect(sent).toEqual([]);
});

it('rejects an answer that breaks off anywhere, instead of taking it for an acknowledgement', async () => {
  const whole = answer([[1, 0]]);
  for (let length = 0; length < whole.length; length += 1) {
    const { fake } = connection({ payload: whole.subarray(0, length) });
    await expect(produce(fake, 't', encoded(), patience)).rejects.toThrow();
  }
});

it('does not send what throttling held back until after it was given up', () => {
  const { fake, sent, held } = connection({ isThrottled: true });
  const given = new AbortController();
  void produce(fake, 't', encoded(), { timeoutMs: 10_000, signal: given.signal });
  given.abort();
  held[0]?.sendRequest();
  expect(sent).toEqual([]);
});
