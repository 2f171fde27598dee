import { DeadLetters, MemoryBus, readLetter, redriven, REDRIVEN_HEADER, type BusRecord } from '#libs/bus';
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

async function letterOf(reason: string, headers: Record<string, Buffer> = {}): Promise<BusRecord> {
  const bus = new MemoryBus();
  await bus.ensureTopics([DeadLetters.topicSpec('audit')]);
  const source = { topic: 'gateway.decisions.v1', partition: 3, offset: 42n, timestampMs: 7 };
  const record = { ...source, key: Buffer.from('3'), value: Buffer.from('x'), headers };
  await new DeadLetters(bus, 'audit', () => 5).bury(record, { reason, attempts: 2 });
  const [letter] = bus.log.read('audit.dead-letter.v1', 0, 0n, 1);
  if (!letter) throw new Error('nothing was buried');
  return letter;
}

it('is read as it was written, and nothing else is read as one', async () => {
  const letter = await letterOf('not_json');
  expect(readLetter(letter)).toEqual({
    reason: 'not_json',
    attempts: 2,
    source: { topic: 'gateway.decisions.v1', partition: 3, offset: 42n, timestampMs: 7 },
    buriedAtMs: 5,
    redrivenFrom: undefined,
  });
  expect(readLetter({ headers: {} })).toBeUndefined();
  expect(readLetter({ headers: { ...letter.headers, gh_dead_offset: Buffer.from('-1') } })).toBeUndefined();
});

it('is sent again to where it came from, as it was, and says which letter it was', async () => {
  const letter = await letterOf('not_json', { ce_id: Buffer.from('x') });
  expect(redriven(letter)).toEqual({
    topic: 'gateway.decisions.v1',
    partition: 3,
    key: Buffer.from('3'),
    value: Buffer.from('x'),
    headers: { ce_id: Buffer.from('x'), [REDRIVEN_HEADER]: 'audit.dead-letter.v1/0' },
  });
  const again = await letterOf('not_json', { [REDRIVEN_HEADER]: Buffer.from('audit.dead-letter.v1/0') });
  expect(readLetter(again)?.redrivenFrom).toBe('audit.dead-letter.v1/0');
});

it('is not sent again where only a part of it was kept', async () => {
  const cut = await letterOf('not_json_cut');
  expect(() => redriven(cut)).toThrow(RangeError);
});
