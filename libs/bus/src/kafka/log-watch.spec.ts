import { BusError } from '#libs/bus';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SeenLog } from '../replay/replay-tracker.js';
import type { LogEnd } from '../topic-spec.js';
import { LogWatch, type LogFollower } from './log-watch.js';

const EVERY_MS = 2_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const endOf = (topic: string): LogEnd => ({ topic, partition: 0, end: 10n });

function scene({ gone = '' }: { gone?: string } = {}) {
  const asked: string[] = [];
  const ask = (what: string, topics: readonly string[]) => {
    asked.push(`${what} ${topics.join()}`);
    if (topics.includes(gone)) throw new BusError('bus/unknown-topic', 'A topic does not exist', true);
    return topics;
  };
  const watch = new LogWatch(
    {
      identify: async (topics) =>
        ask('ids', topics).map((topic) => ({ topic, clusterId: 'c', topicId: `id of ${topic}` })),
      ends: async (topics) => ask('ends', topics).map(endOf),
      starts: async (topics) => ask('starts', topics).map((topic) => ({ topic, partition: 0, start: 4n })),
    },
    EVERY_MS,
  );
  return { watch, asked };
}

function follower(topic: string, next: bigint) {
  const seen: (readonly SeenLog[])[] = [];
  const ids: (string | null)[] = [];
  const one: LogFollower = {
    topics: [topic],
    positions: () => [{ topic, partition: 0, next }],
    seen: (logs, identities) => {
      seen.push(logs);
      ids.push(...identities.map(({ topicId }) => topicId));
    },
  };
  return { one, seen, ids };
}

const round = () => vi.advanceTimersByTimeAsync(EVERY_MS);

it('asks once for all readers, and tells each about its own logs', async () => {
  const { watch, asked } = scene();
  const [a, b] = [follower('a', 10n), follower('b', 10n)];
  watch.follow(a.one);
  watch.follow(b.one);
  await round();
  expect(asked).toEqual(['ids a,b', 'ends a,b']);
  expect([a.seen, b.seen]).toEqual([[[endOf('a')]], [[endOf('b')]]]);
  expect([a.ids, b.ids]).toEqual([['id of a'], ['id of b']]);
});

it('asks where a log begins only for a reader that is behind its end, and so might have lost something', async () => {
  const { watch, asked } = scene();
  const [behind, atEnd] = [follower('a', 3n), follower('b', 10n)];
  watch.follow(behind.one);
  watch.follow(atEnd.one);
  await round();
  expect(asked).toEqual(['ids a,b', 'ends a,b', 'starts a']);
  expect(behind.seen).toEqual([[{ ...endOf('a'), start: 4n }]]);
  expect(atEnd.seen).toEqual([[endOf('b')]]);
});

it('goes on looking at the other logs when the topic of one is gone', async () => {
  const { watch } = scene({ gone: 'a' });
  const [lost, sound] = [follower('a', 10n), follower('b', 10n)];
  watch.follow(lost.one);
  watch.follow(sound.one);
  await round();
  expect(lost.seen).toEqual([]);
  expect(sound.seen).toEqual([[endOf('b')]]);
});

it('does not look any more for a reader that has ended, and has no timer when all have', async () => {
  const { watch, asked } = scene();
  const [a, b] = [follower('a', 10n), follower('b', 10n)];
  const leaves = [watch.follow(a.one), watch.follow(b.one)];
  leaves[0]?.();
  await round();
  expect(asked).toEqual(['ids b', 'ends b']);
  leaves[1]?.();
  expect(vi.getTimerCount()).toBe(0);
});

it('rejects a look that one asks for itself when it is not answered', async () => {
  const { watch } = scene({ gone: 'a' });
  await expect(watch.look(follower('a', 0n).one)).rejects.toMatchObject({ code: 'bus/unknown-topic' });
});
