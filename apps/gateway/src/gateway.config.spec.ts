import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { circuitBoundsOf, GatewaySettings, retryBoundsOf } from './gateway.config.js';
import { retryBounds } from './routing/retry-bounds.js';
import { circuitBounds } from './upstreams/circuit.js';

const key = () => randomBytes(32).toString('base64');
const needed = {
  PORT: '8080',
  GATEHOUSE_REPLICA: 'gateway-1',
  GATEHOUSE_DATA: '/data',
  GATEHOUSE_PUBLIC_URL: 'https://gateway.example',
  KAFKA_BROKERS: 'kafka:9094',
  GATEHOUSE_PEPPER: `1:${key()}`,
  GATEHOUSE_BUS_KEY: key(),
  GATEHOUSE_MASTER_KEY: key(),
};
const read = (settings: Record<string, string> = {}) => GatewaySettings.parse({ ...needed, ...settings });
const bounds: Readonly<Record<string, readonly [number, number]>> = {
  GATEHOUSE_CIRCUIT_WINDOW_MS: [100, 600_000],
  GATEHOUSE_CIRCUIT_ENDS_MIN: [1, 1_000_000],
  GATEHOUSE_CIRCUIT_FAILURES_PERCENT: [1, 100],
  GATEHOUSE_CIRCUIT_OPEN_MS: [100, 600_000],
  GATEHOUSE_CIRCUIT_PROBE_MS: [100, 3_600_000],
  GATEHOUSE_ATTEMPTS_MAX: [1, 8],
  GATEHOUSE_RETRY_BACKOFF_MS: [0, 10_000],
  GATEHOUSE_RETRY_WAIT_MS_MAX: [0, 60_000],
};

it('circuits and retries are bounded as documented where the operator says nothing', () => {
  expect(circuitBoundsOf(read())).toEqual(circuitBounds);
  expect(retryBoundsOf(read())).toEqual(retryBounds);
});

it('each of their bounds is a setting of its own', () => {
  const names = Object.keys(bounds);
  const settings = read(Object.fromEntries(names.map((name, at) => [name, String((bounds[name]?.[0] ?? 0) + at)])));
  const given = [...Object.values(circuitBoundsOf(settings)), ...Object.values(retryBoundsOf(settings))];
  expect(given).toEqual(names.map((name, at) => (bounds[name]?.[0] ?? 0) + at));
});

it.each(Object.entries(bounds))('%s is a whole number within %j, or stops the boot', (name, [min, max]) => {
  for (const good of [min, max]) expect(read({ [name]: String(good) })).toHaveProperty(name, good);
  for (const bad of [min - 1, max + 1, min + 0.5, 'x', '1e9', 'Infinity']) {
    expect(() => read({ [name]: String(bad) })).toThrow(name);
  }
});
