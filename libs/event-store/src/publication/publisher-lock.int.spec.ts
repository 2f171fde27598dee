import { expect, it } from 'vitest';
import { waitFor } from '#libs/testing';
import { issue, openKeyStore } from '../contract/opened-store.fixture.js';
import { PublisherLock } from './publisher-lock.js';

it('tells its holder what any process commits to its own store, and nothing of other stores', async () => {
  const [ours, others] = [await openKeyStore(), await openKeyStore()];
  const told: string[] = [];
  const locks = [ours, others].map(async ({ em }, at) => {
    const lock = await PublisherLock.tryAcquire(em);
    lock?.onCommitted(() => told.push(at === 0 ? 'ours' : 'others'));
    return lock;
  });
  const held = await Promise.all(locks);
  expect(held.every((lock) => lock?.held)).toBe(true);
  await issue(others, 'k1');
  await waitFor(() => told.length > 0, { what: 'the other store to be told' });
  await issue(ours, 'k1');
  await waitFor(() => told.includes('ours'), { what: 'the store to be told' });
  // In the order of the commits: nothing of the other one's came to ours before.
  expect([...new Set(told)]).toEqual(['others', 'ours']);
  for (const lock of held) lock?.release();
});
