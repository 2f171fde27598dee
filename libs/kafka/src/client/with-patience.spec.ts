import { expect, it, vi } from 'vitest';
import { withPatience } from './with-patience.js';

type Attempt = () => Promise<string>;

const passing = Object.assign(new Error('away'), { retriable: true });
const late = () => new Error('late');

it('makes an attempt again that failed with what may pass', async () => {
  const attempt = vi.fn<Attempt>().mockResolvedValue('there').mockRejectedValueOnce(passing);
  expect(await withPatience(attempt, { timeoutMs: 10_000, late })).toBe('there');
  expect(attempt).toHaveBeenCalledTimes(2);
});

it('does not repeat what will fail again, nor wait longer than a failure is given', async () => {
  const staying = new Error('no');
  const refused = vi.fn<Attempt>().mockRejectedValue(staying);
  await expect(withPatience(refused, { timeoutMs: 10_000, late })).rejects.toBe(staying);
  expect(refused).toHaveBeenCalledOnce();
  const away = vi.fn<Attempt>().mockRejectedValue(passing);
  await expect(withPatience(away, { timeoutMs: 10_000, patienceMs: () => 50, late })).rejects.toBe(passing);
  expect(away).toHaveBeenCalledOnce();
});

it('leaves an attempt alone that does not end in time', async () => {
  const attempt = vi.fn<Attempt>().mockReturnValue(new Promise(() => undefined));
  await expect(withPatience(attempt, { timeoutMs: 20, late })).rejects.toThrow('late');
  expect(attempt).toHaveBeenCalledOnce();
});
