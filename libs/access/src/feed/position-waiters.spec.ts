import { expect, it } from 'vitest';
import { FAR_ABOVE, PositionWaiters, WAITERS_MAX } from './position-waiters.js';

it('answers at once what is applied already', async () => {
  expect(await new PositionWaiters().wait(5, 1, 5, 5)).toBe('reached');
});

it('answers as soon as the position is applied', async () => {
  const waiters = new PositionWaiters();
  const waiting = waiters.wait(7, 10_000, 5, 6);
  waiters.advance(6);
  waiters.advance(7);
  expect(await waiting).toBe('reached');
});

it('gives up after the time that it was given', async () => {
  expect(await new PositionWaiters().wait(7, 1, 5, 7)).toBe('timeout');
});

it('refuses at once a position that nobody can have been told', async () => {
  const waiters = new PositionWaiters();
  expect(await waiters.wait(6 + FAR_ABOVE + 1, 10_000, 5, 6)).toBe('refused');
  expect(await waiters.wait(Number.NaN, 10_000, 5, 6)).toBe('refused');
});

it('lets no more wait than it may, and nobody after it is closed', async () => {
  const waiters = new PositionWaiters();
  const all = Array.from({ length: WAITERS_MAX }, () => waiters.wait(7, 10_000, 5, 6));
  expect(await waiters.wait(7, 10_000, 5, 6)).toBe('refused');
  waiters.close();
  expect(new Set(await Promise.all(all))).toEqual(new Set(['refused']));
});
