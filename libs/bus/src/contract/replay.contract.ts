import type { BusRecord, ReplayIncident } from '#libs/bus';
import { waitFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { numbered, numbersOf, upTo, type ContractScene } from './scene.fixture.js';

export function replayContract(scene: () => ContractScene): void {
  describe('replaying', () => {
    it('delivers everything from the beginning to each reader, and goes on with what comes', async () => {
      const { bus, topic } = scene();
      const name = await topic();
      await bus.publish(numbered(name, 25));
      const readers = await Promise.all([collect(scene(), name), collect(scene(), name)]);
      for (const { replay, seen } of readers) {
        await replay.caughtUp;
        expect(numbersOf(seen)).toEqual(upTo(25));
        expect(replay.bootEnds).toEqual([{ topic: name, partition: 0, start: 0n, end: 25n }]);
      }
      await bus.publish(numbered(name, 5, 25));
      for (const { replay, seen } of readers) {
        await waitFor(() => replay.positions()[0]?.next === 30n);
        expect(numbersOf(seen)).toEqual(upTo(30));
        expect(replay.health()).toMatchObject({ state: 'running', restarts: 0, handlerFailures: 0, stoppedTopics: [] });
      }
    });

    it('has caught up with an empty topic at once', async () => {
      const { replay } = await collect(scene(), await scene().topic(2));
      await expect(replay.caughtUp).resolves.toBeUndefined();
    });

    it('begins at the position it is given', async () => {
      const { bus, topic } = scene();
      const name = await topic(2);
      await bus.publish([...numbered(name, 5), ...numbered(name, 3, 100, 1)]);
      const { replay, seen } = await collect(scene(), name, { from: [{ topic: name, partition: 0, next: 3n }] });
      await replay.caughtUp;
      expect(numbersOf(seen).toSorted((a, b) => a - b)).toEqual([3, 4, 100, 101, 102]);
    });

    it('delivers the same records again until its handler takes them', async () => {
      const { bus, topic } = scene();
      const name = await topic();
      await bus.publish(numbered(name, 4));
      let failures = 2;
      const taken: number[] = [];
      const incidents: ReplayIncident[] = [];
      const replay = await bus.replay({
        reader: 'r',
        topics: [name],
        batchMax: 2,
        onIncident: (incident) => void incidents.push(incident),
        onRecords: (records) => {
          if (records[0]?.offset === 2n && failures-- > 0) throw new Error('a secret of the record');
          taken.push(...numbersOf(records));
        },
      });
      await replay.caughtUp;
      expect(taken).toEqual(upTo(4));
      expect(incidents).toHaveLength(2);
      expect(incidents[0]).toEqual({ kind: 'handler-failed', topic: name, detail: 'Error' });
    });

    it('delivers nothing when the log ends before the position it is given', async () => {
      const { bus, topic } = scene();
      const name = await topic();
      await bus.publish(numbered(name, 3));
      const reading = await collect(scene(), name, { from: [{ topic: name, partition: 0, next: 9n }] });
      expect(reading.incidents).toMatchObject([{ kind: 'end-moved-back', topic: name }]);
      await bus.publish(numbered(name, 20, 3));
      await expectSilence(scene(), reading);
    });

    it('delivers nothing of another incarnation than the one it is told of', async () => {
      const { bus, topic } = scene();
      const name = await topic();
      await bus.publish(numbered(name, 3));
      const reading = await collect(scene(), name, { identities: [{ topic: name, topicId: '0'.repeat(32) }] });
      expect(reading.incidents).toMatchObject([{ kind: 'another-incarnation', topic: name }]);
      await expectSilence(scene(), reading);
    });

    it('notices that the topic was deleted and created anew under it, and takes nothing of the new one', async () => {
      const { bus, topic, deleteTopic } = scene();
      const name = await topic();
      await bus.publish(numbered(name, 3));
      const reading = await collect(scene(), name);
      await reading.replay.caughtUp;
      await deleteTopic(name);
      await waitFor(() => bus.ensureTopics([{ name, partitions: 1 }]).then(() => true));
      // The new log grows past the position, so that its end alone gives nothing away.
      await waitFor(() => bus.publish(numbered(name, 20, 100)).then(() => true));
      // The reader may have begun anew before it noticed; what counts is what it says of the topic.
      const noticed = () => reading.incidents.find(({ kind }) => kind !== 'restarted');
      const incident = await waitFor(noticed, { timeoutMs: 60_000 });
      expect(['another-incarnation', 'end-moved-back']).toContain(incident.kind);
      expect(numbersOf(reading.seen)).toEqual(upTo(3));
      expect(reading.replay.health().stoppedTopics).toEqual([name]);
    });

    it('delivers nothing while paused', async () => {
      const { bus, topic } = scene();
      const [one, other] = [await topic(), await topic()];
      const seen: string[] = [];
      const onRecords = (records: readonly BusRecord[]) => void seen.push(...records.map((record) => record.topic));
      const replay = await bus.replay({ reader: 'r', topics: [one, other], maxWaitMs: 100, onRecords });
      replay.pause([one]);
      await bus.publish([...numbered(one, 1), ...numbered(other, 1)]);
      await waitFor(() => seen.length > 0);
      expect(seen).toEqual([other]);
      replay.resume([one]);
      await waitFor(() => seen.length > 1);
    });

    it('delivers nothing more once closed', async () => {
      const { bus, topic } = scene();
      const name = await topic();
      await bus.publish(numbered(name, 1));
      const { replay, seen } = await collect(scene(), name);
      await replay.caughtUp;
      await replay.close();
      await replay.close();
      await bus.publish(numbered(name, 1, 1));
      const witness = await collect(scene(), name);
      await waitFor(() => witness.seen.length === 2);
      expect(numbersOf(seen)).toEqual([0]);
      expect(replay.health().state).toBe('closed');
    });
  });
}

type Reading = Awaited<ReturnType<typeof collect>>;

async function collect(
  { bus }: ContractScene,
  topic: string,
  options: Partial<Parameters<ContractScene['bus']['replay']>[0]> = {},
) {
  const seen: BusRecord[] = [];
  const incidents: ReplayIncident[] = [];
  const replay = await bus.replay({
    reader: 'contract',
    topics: [topic],
    batchMax: 10,
    onRecords: (records) => void seen.push(...records),
    onIncident: (incident) => void incidents.push(incident),
    ...options,
  });
  return { replay, seen, incidents };
}

/** Another reader of the same topic gets everything while this one gets nothing. */
async function expectSilence(scene: ContractScene, { replay, seen }: Reading): Promise<void> {
  const [position] = replay.positions();
  const witness = await collect(scene, position?.topic ?? '');
  await witness.replay.caughtUp;
  expect(seen).toEqual([]);
}
