import { DeadLetters, MemoryBus, type BusRecord } from '#libs/bus';
import { waitFor } from '#libs/testing';
import { expect, it } from 'vitest';

it('keeps the original bytes, key and headers, and says where the record came from and why', async () => {
  const bus = new MemoryBus();
  await bus.ensureTopics([DeadLetters.topicSpec('audit')]);
  const [key, value] = [Buffer.from([1, 255]), Buffer.from([0, 128])];
  const source = { topic: 'gateway.decisions.v1', partition: 3, offset: 42n, timestampMs: 1_700_000_000_000 };
  const headers = { ce_id: Buffer.from('x'), gh_dead_reason: Buffer.from('forged') };
  await new DeadLetters(bus, 'audit', () => 5).bury({ ...source, key, value, headers }, { reason: 'p/q', attempts: 2 });
  const seen: BusRecord[] = [];
  await bus.replay({
    reader: 'r',
    topics: ['audit.dead-letter.v1'],
    onRecords: (records) => void seen.push(...records),
  });
  const letter = await waitFor(() => seen[0]);
  expect(letter).toMatchObject({ key, value });
  expect(Object.fromEntries(Object.entries(letter.headers).map(([name, text]) => [name, text.toString()]))).toEqual({
    ce_id: 'x',
    gh_dead_reason: 'p/q',
    gh_dead_attempts: '2',
    gh_dead_topic: 'gateway.decisions.v1',
    gh_dead_partition: '3',
    gh_dead_offset: '42',
    gh_dead_timestamp: '1700000000000',
    gh_dead_at: '5',
  });
  await bus.close();
});

it('takes tombstones and records without a key, too', async () => {
  const bus = new MemoryBus();
  await bus.ensureTopics([DeadLetters.topicSpec('audit')]);
  const source = { topic: 't', partition: 0, offset: 0n, timestampMs: 0, key: null, value: null, headers: {} };
  await new DeadLetters(bus, 'audit').bury(source, { reason: 'p', attempts: 1 });
  expect((await bus.endOffsets(['audit.dead-letter.v1'])).partitions[0]?.end).toBe(1n);
});
