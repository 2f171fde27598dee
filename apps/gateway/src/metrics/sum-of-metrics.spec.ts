import { Metrics } from '#libs/telemetry';
import { expect, it } from 'vitest';
import { sumOfMetrics } from './sum-of-metrics.js';

function counted(amounts: Readonly<Record<string, number>>, secondsSeen: readonly number[] = []): string {
  const metrics = new Metrics();
  const calls = metrics.counter('calls_total', 'Calls.');
  for (const [outcome, amount] of Object.entries(amounts)) calls.add(amount, { outcome });
  const latency = metrics.histogram('call_seconds', 'Latency.', [1, 2]);
  for (const seconds of secondsSeen) latency.observe(seconds);
  return metrics.render();
}

it('is the text of the first where there is no other', () => {
  const text = counted({ completed: 2 }, [0.5]);
  expect(sumOfMetrics([text])).toBe(text);
});

it('adds up what is counted under the same labels, buckets included', () => {
  const sum = sumOfMetrics([
    counted({ completed: 2 }, [0.5, 1.5]),
    counted({ completed: 40 }, [0.5]),
    counted({ completed: 100 }),
  ]);
  expect(sum).toBe(counted({ completed: 142 }, [0.5, 0.5, 1.5]));
});

it('puts series that only another thread has behind those of their metric', () => {
  const sum = sumOfMetrics([counted({ completed: 1 }), counted({ failed: 3 }, [0.5])]);
  expect(sum.split('\n').filter((line) => line.startsWith('calls_total') || line.startsWith('# TYPE'))).toEqual([
    '# TYPE calls_total counter',
    'calls_total{outcome="completed"} 1',
    'calls_total{outcome="failed"} 3',
    '# TYPE call_seconds histogram',
  ]);
  expect(sum).toContain('call_seconds_count 1');
});

it('leaves alone what the main thread alone tells', () => {
  const metrics = new Metrics();
  metrics.gauge('keys', 'Keys.').set(7);
  expect(sumOfMetrics([metrics.render(), counted({})])).toContain('keys 7\n');
});
