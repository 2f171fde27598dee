import { expect, it, vi } from 'vitest';
import type { Consumption } from './consumption.js';
import { Membership, type MembershipOptions } from './membership.js';

type Join = MembershipOptions['join'];
type OnFailure = MembershipOptions['onFailure'];

const consumption = () => ({ close: vi.fn<Consumption['close']>().mockResolvedValue() }) as unknown as Consumption;

it('tries until it can, and tells of each attempt that failed', async () => {
  const wanted = consumption();
  const join = vi.fn<Join>().mockResolvedValue(wanted).mockRejectedValueOnce('away').mockRejectedValueOnce('away');
  const onFailure = vi.fn<OnFailure>();
  const membership = new Membership({ join, retryMs: 1, onFailure });
  await membership.start();
  expect(membership.isJoined).toBe(true);
  expect(onFailure.mock.calls).toEqual([['away'], ['away']]);
  expect(wanted.close).not.toHaveBeenCalled();
  await membership.stop(5_000);
  expect(wanted.close).toHaveBeenCalledExactlyOnceWith(5_000);
});

it('leaves again what it joined when nobody wants it any more', async () => {
  const late = consumption();
  let stopping: Promise<void> | undefined;
  const join = () => {
    stopping = membership.stop();
    return Promise.resolve(late);
  };
  const membership = new Membership({ join, retryMs: 1, onFailure: vi.fn<OnFailure>() });
  await membership.start();
  await stopping;
  expect(membership.isJoined).toBe(false);
  expect(late.close).toHaveBeenCalledOnce();
});

it('ends its wait, and says nothing of what fails, once nobody wants to consume', async () => {
  const waiting = new Membership({
    join: () => Promise.reject(new Error('away')),
    retryMs: 600_000,
    onFailure: () => setImmediate(() => void waiting.stop()),
  });
  await waiting.start();
  expect(waiting.isJoined).toBe(false);
  const onFailure = vi.fn<OnFailure>();
  const join = () => {
    void failing.stop();
    return Promise.reject(new Error('closed'));
  };
  const failing = new Membership({ join, retryMs: 1, onFailure });
  await failing.start();
  expect(failing.isJoined).toBe(false);
  expect(onFailure).not.toHaveBeenCalled();
});

it('joins nothing when it was stopped before it was started', async () => {
  const join = vi.fn<Join>().mockResolvedValue(consumption());
  const membership = new Membership({ join, retryMs: 1, onFailure: vi.fn<OnFailure>() });
  await membership.stop();
  await membership.start();
  expect(join).not.toHaveBeenCalled();
});
