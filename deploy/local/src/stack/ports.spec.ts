import { expect, it } from 'vitest';
import { GATEWAYS_MAX, portsOf } from './ports.js';

const all = (base: number | undefined, gateways: number) => {
  const { gateways: several, ...single } = portsOf(base, gateways);
  return [...several, ...Object.values(single)];
};

it('uses the documented ports when there is no base', () => {
  expect(portsOf(undefined, 1)).toEqual({
    gateways: [8080],
    identity: 8081,
    policy: 8082,
    audit: 8083,
    sandbox_provider: 8090,
    clickhouse: 8123,
    postgres: 5433,
    kafka: 9094,
    kafka_controller: 9095,
  });
});

it('keeps every part within thirty ports from the base, each on its own, with the most gateways', () => {
  const ports = all(18_080, GATEWAYS_MAX);
  expect(new Set(ports).size).toBe(ports.length);
  expect(Math.min(...ports)).toBe(18_080);
  expect(Math.max(...ports)).toBeLessThan(18_080 + 30);
});
