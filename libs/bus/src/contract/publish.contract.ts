import { RECORD_BYTES_MAX, type BusRecord } from '#libs/bus';
import { waitFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { numbered, type ContractScene } from './scene.fixture.js';

export function publishContract(scene: () => ContractScene): void {
  describe('topics and publishing', () => {
    it('creates topics once, however often and by however many it is asked', async () => {
      const { bus, open, freshName } = scene();
      const spec = { name: freshName('ensure'), partitions: 3, config: { 'retention.ms': '86400000' } };
      await Promise.all([bus.ensureTopics([spec]), open().ensureTopics([spec])]);
      await bus.ensureTopics([spec, { ...spec, name: freshName('ensure') }]);
      expect((await bus.endOffsets([spec.name])).partitions).toHaveLength(3);
    });

    it('refuses a topic with another number of partitions', async () => {
      const { bus, topic } = scene();
      const name = await topic(2);
      await expect(bus.ensureTopics([{ name, partitions: 1 }])).rejects.toMatchObject({
        code: 'bus/partition-mismatch',
        transient: false,
      });
    });

    it('answers with the base offset of each partition', async () => {
      const { bus, topic } = scene();
      const name = await topic(2);
      await bus.publish(numbered(name, 5));
      const ranges = await bus.publish([...numbered(name, 2, 5, 0), ...numbered(name, 3, 0, 1)]);
      expect(ranges).toEqual([
        { topic: name, partition: 0, baseOffset: 5n, count: 2 },
        { topic: name, partition: 1, baseOffset: 0n, count: 3 },
      ]);
      expect(await bus.publish([])).toEqual([]);
    });

    it('keeps the order of calls that do not wait for each other', async () => {
      const { bus, topic } = scene();
      const name = await topic();
      const calls = Array.from({ length: 50 }, (_, i) => bus.publish(numbered(name, 1, i)));
      const ranges = (await Promise.all(calls)).flat();
      expect(ranges.map(({ baseOffset }) => Number(baseOffset))).toEqual(Array.from({ length: 50 }, (_, i) => i));
    });

    it('puts one key into one partition', async () => {
      const { bus, topic } = scene();
      const name = await topic(8);
      const once = await bus.publish([{ topic: name, key: 'tenant/acme', value: 'a' }]);
      const again = await bus.publish([{ topic: name, key: 'tenant/acme', value: 'b' }]);
      expect(again[0]?.partition).toBe(once[0]?.partition);
    });

    it('carries keys, bytes, headers and tombstones as they are', async () => {
      const { bus, topic } = scene();
      const name = await topic();
      const bytes = Buffer.from([0, 255, 128]);
      await bus.publish([
        { topic: name, key: bytes, value: bytes, headers: { text: 'ä', bytes } },
        { topic: name, key: null, value: '' },
        { topic: name, key: 'gone', value: null },
      ]);
      const seen: BusRecord[] = [];
      await bus.replay({ reader: 'r', topics: [name], onRecords: (records) => void seen.push(...records) });
      await waitFor(() => seen.length === 3);
      expect(seen[0]).toMatchObject({
        offset: 0n,
        key: bytes,
        value: bytes,
        headers: { text: Buffer.from('ä'), bytes },
      });
      expect(seen[1]).toMatchObject({ offset: 1n, key: null, value: Buffer.of() });
      expect(seen[2]).toMatchObject({ offset: 2n, key: Buffer.from('gone'), value: null });
      expect(Math.abs(Date.now() - (seen[0]?.timestampMs ?? 0))).toBeLessThan(60_000);
    });

    it('refuses a record that is too large, before anything of the call is sent', async () => {
      const { bus, topic } = scene();
      const name = await topic();
      const large = { topic: name, key: 'k', value: Buffer.alloc(RECORD_BYTES_MAX + 1) };
      await expect(bus.publish([...numbered(name, 1), large])).rejects.toMatchObject({ code: 'bus/invalid-record' });
      expect((await bus.endOffsets([name])).partitions[0]?.end).toBe(0n);
    });

    it('rejects records of a topic that does not exist, and goes on with others', async () => {
      const { bus, topic, freshName } = scene();
      const name = await topic();
      const missing = { topic: freshName('missing'), key: 'k', value: 'v' };
      await expect(bus.publish([missing])).rejects.toMatchObject({ code: 'bus/unknown-topic' });
      expect(await bus.publish(numbered(name, 1))).toMatchObject([{ baseOffset: 0n }]);
    });

    it('says which log a topic is', async () => {
      const { bus, topic } = scene();
      const [one, other] = await bus.identify([await topic(), await topic()]);
      expect(one?.clusterId).toBe(other?.clusterId);
      expect(one?.topicId).toMatch(/^[0-9a-f]{32}$/);
      expect(one?.topicId).not.toBe(other?.topicId);
    });

    it('takes nothing more once closed, and may be closed again', async () => {
      const { open, topic } = scene();
      const name = await topic();
      const bus = open();
      const last = bus.publish(numbered(name, 1));
      await bus.close();
      await bus.close();
      expect(await last).toMatchObject([{ count: 1 }]);
      await expect(bus.publish(numbered(name, 1))).rejects.toMatchObject({ code: 'bus/closed' });
    });
  });
}
