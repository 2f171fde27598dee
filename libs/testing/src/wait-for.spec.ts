import { expect, it } from 'vitest';
import { waitFor } from './wait-for.js';

it('answers what the condition found, as soon as it finds it', async () => {
  let looks = 0;
  expect(await waitFor(() => (++looks === 3 ? 'found' : undefined), { everyMs: 1 })).toBe('found');
  expect(looks).toBe(3);
});

it('counts an error as "not yet", and names the last one when time is up', async () => {
  const failing = () => {
    throw new Error('still closed');
  };
  await expect(waitFor(failing, { timeoutMs: 5, everyMs: 1, what: 'the door' })).rejects.toThrow(
    'Waited 5 ms in vain for the door: still closed',
  );
});

it('does not count the time in which the process stood still', async () => {
  let hasArrived = false;
  // Longer than the whole wait, in the middle of it; what was on its way arrives only afterwards.
  setTimeout(() => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    setTimeout(() => (hasArrived = true), 30);
  }, 5);
  expect(await waitFor(() => hasArrived, { timeoutMs: 200, everyMs: 10 })).toBe(true);
});
