import { expect, it } from 'vitest';
import { TenantTurns, WAITING_MAX } from './tenant-turns.js';

it('lets one change of a tenant run at a time, in order, also after one that failed', async () => {
  const turns = new TenantTurns();
  const seen: string[] = [];
  const work = (name: string) => async () => {
    seen.push(`${name} begins`);
    await Promise.resolve();
    seen.push(`${name} ends`);
    if (name === 'b') throw new Error('no');
  };
  await Promise.allSettled(['a', 'b', 'c'].map((name) => turns.take('acme', work(name))));
  expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

it('holds no tenant up for another, and has a bound', async () => {
  const turns = new TenantTurns();
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const waiting = Array.from({ length: WAITING_MAX }, () => turns.take('acme', () => held));
  expect(await turns.take('globex', () => Promise.resolve('done'))).toBe('done');
  await expect(turns.take('acme', () => held)).rejects.toMatchObject({ code: 'policy/unavailable' });
  release();
  await Promise.all(waiting);
  expect(await turns.take('acme', () => Promise.resolve('again'))).toBe('again');
});
