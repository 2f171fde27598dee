import { waitFor } from '#libs/testing';
import { expect, it } from 'vitest';
import { Rounds } from './rounds.js';

function rounds(
  work: () => Promise<unknown>,
  more: { firstAfterMs?: number; onFailure?: (error: unknown) => void } = {},
) {
  return new Rounds({ work, pauseMs: () => 1, onFailure: () => undefined, ...more });
}

it('does one round at a time, and a failed one does not end them', async () => {
  const seen = { rounds: 0, atOnce: 0, atOnceMax: 0, failures: [] as unknown[] };
  const work = async () => {
    seen.rounds += 1;
    seen.atOnce += 1;
    seen.atOnceMax = Math.max(seen.atOnceMax, seen.atOnce);
    await new Promise(setImmediate);
    seen.atOnce -= 1;
    if (seen.rounds === 2) throw new Error('the second');
  };
  const own = rounds(work, { onFailure: (error) => seen.failures.push(error) });
  own.start();
  await waitFor(() => seen.rounds >= 5);
  await own.stop();
  expect([seen.atOnceMax, seen.atOnce]).toEqual([1, 0]);
  expect(seen.failures.map(String)).toEqual(['Error: the second']);
});

it('ends the round under way before it has stopped, begins no other, and tells nobody that it broke off', async () => {
  const begun = Promise.withResolvers<void>();
  const story: string[] = [];
  const own: Rounds = rounds(
    async () => {
      begun.resolve();
      await new Promise<void>((resolve) => own.signal.addEventListener('abort', () => resolve(), { once: true }));
      story.push('ended');
      throw new Error('broken off');
    },
    { onFailure: () => story.push('told') },
  );
  own.start();
  await begun.promise;
  await own.stop();
  story.push('stopped');
  expect(story).toEqual(['ended', 'stopped']);
});

it('does nothing when it is started after its stop, and does not wait for a pause to stop', async () => {
  const done: string[] = [];
  const late = rounds(async () => done.push('late'), { firstAfterMs: 0 });
  await late.stop();
  late.start();
  const waiting = rounds(async () => done.push('waiting'), { firstAfterMs: 3_600_000 });
  waiting.start();
  await Promise.all([late.stop(), waiting.stop()]);
  expect(done).toEqual([]);
});

it('asks for each pause anew, but for the first where that is given', async () => {
  const asked: number[] = [];
  const own = new Rounds({
    work: async () => asked.push(-1),
    pauseMs: () => asked.push(1),
    firstAfterMs: 0,
    onFailure: () => undefined,
  });
  own.start();
  await waitFor(() => asked.length >= 4);
  await own.stop();
  expect(asked.slice(0, 4)).toEqual([-1, 1, -1, 1]);
});
