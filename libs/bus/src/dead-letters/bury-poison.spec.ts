import { expect, it } from 'vitest';
import type { BusRecord } from '../bus-record.js';
import { MemoryBus } from '../memory/memory-bus.js';
import { buryPoison } from './bury-poison.js';
import { DeadLetters } from './dead-letters.js';

const record = (bytes: number): BusRecord => ({
  topic: 't',
  partition: 1,
  offset: 7n,
  timestampMs: 0,
  key: Buffer.from('1'),
  value: Buffer.alloc(bytes, 'x'),
  headers: {},
});

async function buried(bytes: number) {
  const bus = new MemoryBus();
  await bus.ensureTopics([DeadLetters.topicSpec('audit')]);
  await buryPoison(new DeadLetters(bus, 'audit'), record(bytes), 'not_json');
  const [letter] = bus.log.read('audit.dead-letter.v1', 0, 0n, 10);
  return { bytes: letter?.value?.length, reason: letter?.headers['gh_dead_reason']?.toString() };
}

it('buries the original bytes', async () => {
  expect(await buried(1000)).toEqual({ bytes: 1000, reason: 'not_json' });
});

it('buries a part of what is too large, rather than to stop at it for ever', async () => {
  expect(await buried(1_500_000)).toEqual({ bytes: 262_144, reason: 'not_json_cut' });
});

it('rejects while the dead letters cannot be written', async () => {
  const bus = new MemoryBus();
  await expect(buryPoison(new DeadLetters(bus, 'audit'), record(10), 'not_json')).rejects.toThrow();
});
