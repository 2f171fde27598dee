import { expect, it } from 'vitest';
import type { Stage } from './stage.js';
import { tell } from './tell.js';

const stage = {} as Stage;
const step = (title: string, told: () => Promise<string>) => ({ title, tell: told });
const good = step('good', async () => 'seen');
const bad = step('bad', async () => {
  throw new Error('seen otherwise');
});

it('exits 0 only if every step was as told, and tells nothing after one that was not', async () => {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  expect(await tell([good, good], stage, say)).toBe(0);
  expect(lines.join('\n')).toContain('All 2 steps were as told.');
  lines.length = 0;
  expect(await tell([good, bad, good], stage, say)).toBe(1);
  expect(lines.join('\n')).toMatch(/1\. good[^]*as told: seen[^]*2\. bad[^]*NOT as told: seen otherwise$/u);
});

it('exits 1 when it is interrupted', async () => {
  const signal = AbortSignal.abort(new Error('SIGINT'));
  expect(await tell([good], stage, () => undefined, signal)).toBe(1);
});
