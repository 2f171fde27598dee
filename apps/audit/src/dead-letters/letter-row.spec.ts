import { DeadLetters, MemoryBus, REDRIVEN_HEADER } from '#libs/bus';
import { expect, it } from 'vitest';
import { letterId, placeOfLetter, rowOfLetter } from './letter-row.js';

async function buried(value: string, headers: Record<string, Buffer> = {}) {
  const bus = new MemoryBus();
  await bus.ensureTopics([DeadLetters.topicSpec('audit')]);
  const source = { topic: 'gateway.decisions.v1', partition: 3, offset: 42n, timestampMs: 1_700_000_000_000 };
  const record = { ...source, key: null, value: Buffer.from(value), headers };
  await new DeadLetters(bus, 'audit', () => 1_700_000_000_005).bury(record, { reason: 'not_json', attempts: 1 });
  const [letter] = bus.log.read('audit.dead-letter.v1', 0, 0n, 1);
  if (!letter) throw new Error('nothing was buried');
  return letter;
}

it('says where a letter came from and why, and nothing of what it says', async () => {
  const row = rowOfLetter(await buried('sk-secret'));
  expect(row).toEqual({
    letter_id: 'audit-0',
    at: '2023-11-14T22:13:20.005Z',
    reason: 'not_json',
    attempts: 1,
    source_topic: 'gateway.decisions.v1',
    source_partition: 3,
    source_offset: 42,
    source_at: '2023-11-14T22:13:20.000Z',
    value_bytes: 9,
    value_sha256: '746b4ad1ca9129e1caf080bf9406d43531b8bbf97f42cc1597ee4f3d4663938e',
    redriven_from: '',
    kafka_topic: 'audit.dead-letter.v1',
    kafka_offset: 0,
  });
  expect(JSON.stringify(row)).not.toContain('sk-secret');
});

it('names the letter that it was before', async () => {
  const again = await buried('x', { [REDRIVEN_HEADER]: Buffer.from('audit.dead-letter.v1/7') });
  expect(rowOfLetter(again)?.redriven_from).toBe('audit-7');
  const forged = await buried('x', { [REDRIVEN_HEADER]: Buffer.from('<script>') });
  expect(rowOfLetter(forged)?.redriven_from).toBe('');
});

it('passes over what nobody buried', async () => {
  expect(rowOfLetter({ ...(await buried('x')), headers: {} })).toBeUndefined();
});

it('finds the place of a letter by its id, and none for another text', () => {
  expect(placeOfLetter(letterId('audit.dead-letter.v1', 12n))).toEqual({ topic: 'audit.dead-letter.v1', offset: 12n });
  for (const id of ['', 'audit', 'audit-', '-1', 'audit-1x', `audit-${'9'.repeat(16)}`]) {
    expect(placeOfLetter(id)).toBeUndefined();
  }
});
