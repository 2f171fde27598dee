import type { AssignedPartition, ConsumedBatch } from '#libs/bus';
import { waitFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { numbered, numbersOf, upTo, type ContractScene } from './scene.fixture.js';

export function consumeContract(scene: () => ContractScene): void {
  describe('consuming as a group', () => {
    it('delivers everything in order, in batches of at most batchMax', async () => {
      const { bus, topic, freshName } = scene();
      const name = await topic();
      await bus.publish(numbered(name, 25));
      const seen: number[] = [];
      const onBatch = (batch: ConsumedBatch) => {
        expect(batch.records.length).toBeLessThanOrEqual(10);
        expect(batch.firstOffset).toBe(batch.records[0]?.offset);
        expect(batch.lastOffset).toBe(batch.records.at(-1)?.offset);
        seen.push(...numbersOf(batch.records));
      };
      await bus.consume({ group: freshName('g'), topics: [name], batchMax: 10, onBatch });
      await bus.publish(numbered(name, 5, 25));
      await waitFor(() => seen.length >= 30);
      expect(seen).toEqual(upTo(30));
    });

    it('tells the next owner what was committed, with its metadata, and begins there', async () => {
      const { bus, topic, freshName } = scene();
      const name = await topic();
      const group = freshName('g');
      await bus.publish(numbered(name, 10));
      let held: unknown;
      const first = await bus.consume({
        group,
        topics: [name],
        batchMax: 4,
        onBatch: async (batch) => {
          if (batch.firstOffset === 0n) await batch.commit(4n);
          if (batch.firstOffset !== 4n) return;
          // The unchanged offset, with the range that is about to be written.
          await batch.commit(4n, '4-7');
          held = await batch.committed();
        },
      });
      expect(await waitFor(() => held)).toEqual({ offset: 4n, metadata: '4-7' });
      const outside = await bus.committedOffsets(group, [name]);
      expect(outside).toEqual([{ topic: name, partition: 0, offset: 4n, metadata: '4-7' }]);
      expect(await bus.committedOffsets(freshName('g'), [name])).toEqual([]);
      await first.close();
      const assigned: AssignedPartition[] = [];
      const seen: number[] = [];
      await bus.consume({
        group,
        topics: [name],
        batchMax: 4,
        onAssigned: (partitions) => void assigned.push(...partitions),
        onBatch: (batch) => void seen.push(...numbersOf(batch.records)),
      });
      await waitFor(() => seen.length === 6);
      expect(assigned).toEqual([{ topic: name, partition: 0, committed: { offset: 4n, metadata: '4-7' }, next: 4n }]);
      expect(seen).toEqual([4, 5, 6, 7, 8, 9]);
    });

    it('begins again at the committed offset after the handler has failed, and says so first', async () => {
      const { bus, topic, freshName } = scene();
      const name = await topic();
      await bus.publish(numbered(name, 9));
      const story: string[] = [];
      let failures = 1;
      const consumption = await bus.consume({
        group: freshName('g'),
        topics: [name],
        batchMax: 3,
        onAssigned: ([partition]) => void story.push(`at ${partition?.committed?.offset ?? 'none'}`),
        onBatch: async (batch) => {
          story.push(numbersOf(batch.records).join());
          if (batch.firstOffset === 0n) await batch.commit(3n);
          if (batch.firstOffset === 6n && failures-- > 0) throw new Error('cannot');
        },
      });
      await waitFor(() => story.filter((told) => told === '6,7,8').length === 2);
      // The second batch was held, not committed: it comes again, too.
      expect(story).toEqual(['at none', '0,1,2', '3,4,5', '6,7,8', 'at 3', '3,4,5', '6,7,8']);
      await waitFor(() => consumption.health().handlerFailures === 0);
    });

    it('delivers everything again to the next member when nothing was committed', async () => {
      const { bus, topic, freshName } = scene();
      const name = await topic();
      const group = freshName('g');
      await bus.publish(numbered(name, 3));
      for (const _member of ['first', 'second']) {
        const seen: number[] = [];
        const onBatch = (batch: ConsumedBatch) => void seen.push(...numbersOf(batch.records));
        const member = await bus.consume({ group, topics: [name], batchMax: 10, onBatch });
        await waitFor(() => seen.length === 3);
        await member.close();
      }
    });

    it('begins at the end when asked to and nothing was committed', async () => {
      const { bus, topic, freshName } = scene();
      const name = await topic();
      await bus.publish(numbered(name, 3));
      const seen: number[] = [];
      let placed = false;
      await bus.consume({
        group: freshName('g'),
        topics: [name],
        batchMax: 10,
        from: 'end',
        onAssigned: () => void (placed = true),
        onBatch: (batch) => void seen.push(...numbersOf(batch.records)),
      });
      await waitFor(() => placed);
      await waitFor(async () => {
        await bus.publish(numbered(name, 1, 3));
        return seen.length > 0;
      });
      expect(new Set(seen)).toEqual(new Set([3]));
    });

    it('shares partitions with a second member, and takes them back when it leaves', async () => {
      const { bus, open, topic, freshName } = scene();
      const name = await topic(2);
      const group = freshName('g');
      const owned = new Map<string, string>();
      const joinAs = (member: string, on = bus) =>
        on.consume({
          group,
          topics: [name],
          batchMax: 10,
          onAssigned: (partitions) => void owned.set(member, partitions.map(({ partition }) => partition).join()),
          onBatch: async (batch) => batch.commit(batch.lastOffset + 1n),
        });
      await joinAs('a');
      await waitFor(() => owned.get('a')?.length === 3);
      const second = await joinAs('b', open());
      await waitFor(() => owned.get('a')?.length === 1 && owned.get('b')?.length === 1, { timeoutMs: 60_000 });
      await second.close();
      await waitFor(() => owned.get('a')?.length === 3, { timeoutMs: 60_000 });
    });

    it('delivers nothing while paused', async () => {
      const { bus, topic, freshName } = scene();
      const [one, other] = [await topic(), await topic()];
      const seen: string[] = [];
      const consumption = await bus.consume({
        group: freshName('g'),
        topics: [one, other],
        batchMax: 10,
        onBatch: (batch) => void seen.push(batch.topic),
      });
      consumption.pause([one]);
      await bus.publish([...numbered(one, 1), ...numbered(other, 1)]);
      await waitFor(() => seen.length > 0);
      expect(seen).toEqual([other]);
      consumption.resume();
      await waitFor(() => seen.length > 1);
      expect(seen).toEqual([other, one]);
    });
  });
}
