import { expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';

it('stands still until it is moved', () => {
  const clock = new FakeClock();
  expect(clock.nowIso()).toBe('2026-11-23T09:00:00.000Z');
  clock.advance(1_500);
  expect(clock.now()).toEqual(new Date('2026-11-23T09:00:01.500Z'));
  clock.set('2027-01-01T00:00:00Z');
  expect(clock.nowMs()).toBe(Date.UTC(2027, 0, 1));
});

it('refuses what is not an instant', () => {
  expect(() => new FakeClock('yesterday')).toThrow('Not an instant: yesterday');
});
