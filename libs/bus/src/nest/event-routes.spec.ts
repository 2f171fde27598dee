import { encodeEnvelope, type BusRecord } from '#libs/bus';
import { expect, it } from 'vitest';
import { routeBatch } from './event-routes.js';

function record(offset: number, type: string | null, topic = 't'): BusRecord {
  const envelope = { id: '1', source: 's', time: 'now', generation: 1, epoch: 1, position: 1, schema: 1 };
  const pairs = Object.entries(type === null ? {} : encodeEnvelope({ ...envelope, type }));
  const headers = Object.fromEntries(pairs.map(([name, value]) => [name, Buffer.from(value)]));
  return { topic, partition: 0, offset: BigInt(offset), timestampMs: 0, key: null, value: Buffer.from('{}'), headers };
}

function routes(records: readonly BusRecord[], handled: readonly string[], ignored: readonly string[] = []) {
  const patterns = new Set(handled);
  return routeBatch(records, { has: (pattern) => patterns.has(pattern), ignored: new Set(ignored) }).map((step) =>
    step.do === 'handle'
      ? `${step.pattern}: ${step.items.map((item) => item.record.offset).join()}`
      : `${step.reason}: ${step.record.offset}`,
  );
}

it('keeps neighbours with one handler together and the order of the log', () => {
  const records = [record(0, 'a'), record(1, 'b'), record(2, 'b'), record(3, 'a'), record(4, 'c')];
  expect(routes(records, ['t', 't#b'])).toEqual(['t: 0', 't#b: 1,2', 't: 3,4']);
});

it('sends to the dead letters what nobody handles, unless it is ignored on purpose', () => {
  const records = [record(0, 'a'), record(1, 'b'), record(2, 'c', 'other')];
  expect(routes(records, ['t#a'])).toEqual(['t#a: 0', 'bus/no-handler: 1', 'bus/no-handler: 2']);
  expect(routes(records, ['t#a'], ['t#b', 'other'])).toEqual(['t#a: 0']);
});

it('sends to the dead letters what cannot be read', () => {
  expect(routes([record(0, null), record(1, 'a')], ['t'])).toEqual(['envelope/missing-ce_specversion: 0', 't: 1']);
});
