import { expect, it } from 'vitest';
import { firstKeptDay, KEPT_DAYS_DEFAULT, KEPT_DAYS_MIN } from './retention-days.js';

const now = Date.parse('2026-11-28T13:00:00Z');

it.each([
  ['thirty days', 30, '2026-10-29'],
  ['nothing, so as many as usual', undefined, '2025-10-24'],
  ['fewer than what may still be repeated', 1, '2026-11-19'],
])('a tenant that wants %s keeps whole days from then on', (_what, days, first) => {
  expect(firstKeptDay(days, now)).toBe(first);
});

it('keeps rows for longer than the log does', () => {
  expect(KEPT_DAYS_MIN).toBeGreaterThan(7);
  expect(KEPT_DAYS_DEFAULT).toBeGreaterThan(KEPT_DAYS_MIN);
});
