import { expect, it } from 'vitest';
import { seederOf, type DemoPart, type SeedContext, type SeedMemory } from './seeder.js';

const empty: SeedMemory = { done: [], operator: { api_key: '' }, tenants: {} };

function contextOf(memory: SeedMemory) {
  const kept: SeedMemory[] = [];
  const urls = { gateway: '', identity: '', policy: '', audit: '', sandboxProvider: '' };
  const bootstrapOperator = () => Promise.resolve('made');
  const context: SeedContext = {
    ...urls,
    bootstrapOperator,
    memory,
    remember: (now) => void kept.push(now),
    say: () => undefined,
  };
  return { context, kept };
}
const operator: DemoPart = {
  name: 'operator',
  seed: async ({ memory }) => ({ ...memory, operator: { api_key: 'made' } }),
};
const failing: DemoPart = { name: 'failing', seed: () => Promise.reject(new Error('not reachable')) };

it('puts each part in once, and shows the keys of the first time ever after', async () => {
  const first = contextOf(empty);
  const memory = await seederOf([operator])(first.context);
  expect(memory).toEqual({ done: ['operator'], operator: { api_key: 'made' }, tenants: {} });
  expect(first.kept).toEqual([memory]);
  const second = contextOf(memory);
  expect(await seederOf([operator])(second.context)).toEqual(memory);
  expect(second.kept).toEqual([]);
});

it('remembers what it has done before a part that fails', async () => {
  const { context, kept } = contextOf(empty);
  await expect(seederOf([operator, failing])(context)).rejects.toThrow('not reachable');
  expect(kept.map(({ done }) => done)).toEqual([['operator']]);
});
