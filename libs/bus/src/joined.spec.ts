import { expect, it, vi } from 'vitest';
import type { Consumption } from './consumption.js';
import { joined, type JoinedOptions } from './joined.js';

type Join = Parameters<typeof joined>[0];

const consumption = () => ({ close: vi.fn<Consumption['close']>().mockResolvedValue() }) as unknown as Consumption;

it('tries until it can, and tells of each attempt that failed', async () => {
  const wanted = consumption();
  const join = vi.fn<Join>().mockResolvedValue(wanted).mockRejectedValueOnce('away').mockRejectedValueOnce('away');
  const onFailure = vi.fn<JoinedOptions['onFailure']>();
  const { signal } = new AbortController();
  expect(await joined(join, { signal, retryMs: 1, onFailure })).toBe(wanted);
  expect(onFailure.mock.calls).toEqual([['away'], ['away']]);
  expect(wanted.close).not.toHaveBeenCalled();
});

it('leaves again what it joined when nobody wants it any more', async () => {
  const late = consumption();
  const closing = new AbortController();
  const join = () => {
    closing.abort();
    return Promise.resolve(late);
  };
  expect(
    await joined(join, { signal: closing.signal, retryMs: 1, onFailure: vi.fn<JoinedOptions['onFailure']>() }),
  ).toBeUndefined();
  expect(late.close).toHaveBeenCalledOnce();
});

it('ends its wait, and says nothing of what fails, once nobody wants to consume', async () => {
  const closing = new AbortController();
  const waiting = joined(() => Promise.reject(new Error('away')), {
    signal: closing.signal,
    retryMs: 600_000,
    onFailure: () => setImmediate(() => closing.abort()),
  });
  expect(await waiting).toBeUndefined();
  const onFailure = vi.fn<JoinedOptions['onFailure']>();
  const failing = new AbortController();
  const join = () => {
    failing.abort();
    return Promise.reject(new Error('closed'));
  };
  expect(await joined(join, { signal: failing.signal, retryMs: 1, onFailure })).toBeUndefined();
  expect(onFailure).not.toHaveBeenCalled();
});
