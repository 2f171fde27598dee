import { expect, it } from 'vitest';
import { Metrics } from './metrics.js';
import { SERIES_MAX } from './series.js';

it('writes the text format that Prometheus reads', () => {
  const metrics = new Metrics();
  const decisions = metrics.counter('gatehouse_decisions_total', 'Decisions made.');
  decisions.add(1, { outcome: 'allow' });
  decisions.add(2, { outcome: 'allow' });
  metrics.gauge('gatehouse_lag_records', 'Not yet published.').set(7);
  metrics.histogram('gatehouse_wait_seconds', 'Waits.', [0.1, 1]).observe(0.5, { route: 'a"b' });
  expect(metrics.render().split('\n')).toEqual([
    '# HELP gatehouse_decisions_total Decisions made.',
    '# TYPE gatehouse_decisions_total counter',
    'gatehouse_decisions_total{outcome="allow"} 3',
    '# HELP gatehouse_lag_records Not yet published.',
    '# TYPE gatehouse_lag_records gauge',
    'gatehouse_lag_records 7',
    '# HELP gatehouse_wait_seconds Waits.',
    '# TYPE gatehouse_wait_seconds histogram',
    'gatehouse_wait_seconds_bucket{route="a\\"b",le="0.1"} 0',
    'gatehouse_wait_seconds_bucket{route="a\\"b",le="1"} 1',
    'gatehouse_wait_seconds_bucket{route="a\\"b",le="+Inf"} 1',
    'gatehouse_wait_seconds_sum{route="a\\"b"} 0.5',
    'gatehouse_wait_seconds_count{route="a\\"b"} 1',
    '',
  ]);
});

it('counts in one series, whether it is found for each time or kept', () => {
  const metrics = new Metrics();
  const decisions = metrics.counter('gatehouse_decisions_total', 'Decisions made.');
  const allowed = decisions.of({ outcome: 'allow' });
  allowed.add();
  decisions.add(2, { outcome: 'allow' });
  allowed.add(-1);
  expect(metrics.render()).toContain('gatehouse_decisions_total{outcome="allow"} 3\n');
});

it('keeps a bounded number of series, whatever labels traffic brings', () => {
  const metrics = new Metrics();
  const counter = metrics.counter('gatehouse_paths_total', 'By path.');
  for (let i = 0; i < SERIES_MAX * 2; i += 1) counter.add(1, { path: String(i) });
  const lines = metrics.render().split('\n');
  expect(lines.length).toBeLessThan(SERIES_MAX + 5);
  expect(metrics.render()).toContain(`gatehouse_paths_total{overflow="true"} ${SERIES_MAX}`);
});

it('refuses a second metric of the same name', () => {
  const metrics = new Metrics();
  metrics.gaugeOf('gatehouse_depth', 'Depth.', () => 3);
  expect(() => metrics.counter('gatehouse_depth', 'Depth.')).toThrow('exists already');
  expect(metrics.render()).toContain('gatehouse_depth 3');
});
