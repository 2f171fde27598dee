import { expect, it } from 'vitest';
import { SystemClock } from './clock.js';

it('shifts wall-clock time by the offset and leaves durations alone', () => {
  const hour = new SystemClock(3600);
  expect(hour.nowMs() - Date.now()).toBeGreaterThan(3_599_000);
  expect(Math.abs(hour.monotonicMs() - performance.now())).toBeLessThan(1000);
  expect(new Date(hour.nowIso()).getTime() - Date.now()).toBeGreaterThan(3_599_000);
});

it('refuses an offset that is not a number', () => {
  expect(() => new SystemClock(Number.NaN)).toThrow('clock offset');
});
