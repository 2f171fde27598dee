import { expect, it } from 'vitest';
import { BackOff } from './back-off.js';

it('waits twice as long after each failure, up to a bound', () => {
  const backOff = new BackOff();
  const waits = Array.from({ length: 9 }, () => backOff.nextMs(10));
  expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

it('forgets the failures of a part that has run for a while', () => {
  const backOff = new BackOff();
  backOff.nextMs(10);
  backOff.nextMs(10);
  expect(backOff.nextMs(60_000)).toBe(250);
});
