import { expect, it } from 'vitest';
import { leastMs } from './least-ms.js';

it('measures again when a machine stood still in between, and no more often than it has to', async () => {
  const took = [5_000, 80, 1];
  expect(await leastMs(100, async (attempt) => took[attempt] ?? 0)).toBe(80);
});

it('says what is always slow', async () => {
  const took = [500, 400, 600, 1];
  expect(await leastMs(100, async (attempt) => took[attempt] ?? 0)).toBe(400);
});

it('does not take NaN for quick', async () => {
  expect(await leastMs(100, async () => NaN)).toBeNaN();
});
