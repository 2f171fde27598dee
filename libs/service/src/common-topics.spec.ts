import { BusError } from '#libs/bus';
import { silentLogger } from '#libs/telemetry';
import { waitFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { topicsOrLater } from './common-topics.js';

/** A bus that fails in these ways, one after the other, and then makes what it is asked for. */
function failing(...failures: readonly BusError[]) {
  const left = [...failures];
  let made = 0;
  const ensureTopics = () => {
    const failure = left.shift();
    if (failure) return Promise.reject(failure);
    made += 1;
    return Promise.resolve();
  };
  const parts = { service: 'identity', logger: silentLogger, bus: { ensureTopics } };
  return { parts: parts as unknown as Parameters<typeof topicsOrLater>[0], made: () => made };
}

describe('the common topics at a start', () => {
  it.each([
    ['nobody can be asked for yet', new BusError('bus/unavailable', 'away', true)],
    [
      'another service has just made, and the broker asked has not heard of',
      new BusError('bus/unknown-topic', 'new', true),
    ],
  ])('that %s stop no service: it goes on trying', async (_, failure) => {
    const { parts, made } = failing(failure, failure);
    await topicsOrLater(parts, 1);
    expect(made()).toBe(0);
    await waitFor(() => made() === 1);
  });

  it('that are of another shape do', async () => {
    const { parts } = failing(new BusError('bus/partition-mismatch', 'two', false));
    await expect(topicsOrLater(parts, 1)).rejects.toMatchObject({ code: 'bus/partition-mismatch' });
  });
});
