import { expect, it } from 'vitest';
import { processMetrics } from './process-metrics.js';

it('tells what the process holds on to at the moment it is asked', async () => {
  const metrics = processMetrics();
  const read = (name: string) =>
    Number(new RegExp(`^gatehouse_process_${name} (\\S+)$`, 'mu').exec(metrics.render())?.[1]);
  for (const name of ['resident_bytes', 'heap_bytes', 'external_bytes']) expect(read(name)).toBeGreaterThan(1_000);
  const before = read('handles');
  const timers = Array.from({ length: 50 }, () => setTimeout(() => undefined, 60_000));
  const held = Buffer.alloc(50_000_000, 1);
  expect(read('handles')).toBeGreaterThanOrEqual(before + 50);
  expect(read('external_bytes')).toBeGreaterThan(held.length);
  for (const timer of timers) clearTimeout(timer);
  expect(read('handles')).toBeLessThan(before + 50);
});
