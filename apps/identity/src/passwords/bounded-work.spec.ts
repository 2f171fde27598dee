import { expect, it } from 'vitest';
import { BoundedWork } from './bounded-work.js';

it('runs so many at once, lets so many wait, and refuses the rest', async () => {
  const work = new BoundedWork({ concurrentMax: 2, waitingMax: 3 });
  const open: (() => void)[] = [];
  let most = 0;
  let running = 0;
  const job = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((done) => open.push(done));
    running -= 1;
  };
  const all = Array.from({ length: 6 }, () =>
    work.run(job).then(
      () => 'done',
      (error: { code: string }) => error.code,
    ),
  );
  expect(await all[5]).toBe('password/unavailable');
  while (open.length > 0) {
    open.shift()?.();
    await new Promise(setImmediate);
  }
  expect(await Promise.all(all)).toEqual(['done', 'done', 'done', 'done', 'done', 'password/unavailable']);
  expect(most).toBe(2);
});
