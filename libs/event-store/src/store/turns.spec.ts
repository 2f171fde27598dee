import { expect, it } from 'vitest';
import { Turns } from './turns.js';

const gate = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: () => resolve() };
};

it('lets no more work at once than agreed, and the others in the order in which they came', async () => {
  const turns = new Turns({ concurrentMax: 2, waitingMax: 10, waitMsMax: 1000 });
  const order: number[] = [];
  let working = 0;
  let most = 0;
  const one = (n: number) =>
    turns.take(async () => {
      order.push(n);
      most = Math.max(most, (working += 1));
      await new Promise((resolve) => setImmediate(resolve));
      working -= 1;
    });
  await Promise.all([0, 1, 2, 3, 4, 5].map(one));
  expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

it('refuses who finds the line full, and who has waited too long; a failure ends a turn like a success', async () => {
  const turns = new Turns({ concurrentMax: 1, waitingMax: 1, waitMsMax: 20 });
  const first = gate();
  const working = turns.take(() => first.promise.then(() => Promise.reject(new Error('failed'))));
  const late = turns.take(() => Promise.resolve());
  await expect(turns.take(() => Promise.resolve())).rejects.toMatchObject({ code: 'store/busy' });
  await expect(late).rejects.toMatchObject({ code: 'store/busy' });
  first.open();
  await expect(working).rejects.toThrow('failed');
  expect(await turns.take(() => Promise.resolve('done'))).toBe('done');
});
