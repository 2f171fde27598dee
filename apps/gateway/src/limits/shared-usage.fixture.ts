import { randomBytes } from 'node:crypto';
import { MemoryBus, type Bus } from '#libs/bus';
import { topics } from '#libs/contracts';
import { silentLogger } from '#libs/telemetry';
import { onTestFinished, vi } from 'vitest';
import type { Counter } from './counter.js';
import type { CounterWindow } from './counter-window.js';
import { SharedUsage, type SharedUsageOptions } from './shared-usage.js';

const busKey = randomBytes(32);
let boots = 0;

/** What a gateway counts, with everything read that was on the bus; two on one bus share it. */
export async function sharedUsage(bus: Bus = new MemoryBus(), options: Partial<SharedUsageOptions> = {}) {
  boots += 1;
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
  const own = { bus, busKey, clock, logger: silentLogger, topic: topics.gatewayUsage };
  const usage = new SharedUsage({ ...own, replica: 'gateway-1', boot: `boot-${boots}`, ...options });
  await usage.start();
  onTestFinished(() => usage.close());
  await vi.waitFor(() => {
    if (!usage.isReady()) throw new Error('not ready');
  });
  return usage;
}

/** The counter of a window, with its limit. */
export function counterOf(usage: SharedUsage, limit: number, window: CounterWindow): Counter {
  const counter = usage.counter(window) as Counter;
  counter.setLimit(limit);
  return counter;
}

/** As a call does: waits for the log where it has to. */
export async function reserve(
  counter: Counter,
  least: number,
  most = least,
): Promise<number | 'refused' | 'unavailable'> {
  for (let isReturning = false; ; isReturning = true) {
    const answer = counter.reserve(least, most, isReturning);
    if (answer !== 'wait' && answer !== 'contested') return answer;
    if (!(await counter.answered(least, 10_000))) return 'unavailable';
  }
}

/** Every key of the topic with its last value. */
export function claims(bus: MemoryBus): Map<string, Record<string, unknown> | null> {
  const found = new Map<string, Record<string, unknown> | null>();
  for (const { partition } of bus.log.bounds(topics.gatewayUsage.name)) {
    for (const { key, value } of bus.log.read(topics.gatewayUsage.name, partition, 0n, 10_000)) {
      found.set(String(key), value && (JSON.parse(String(value)) as Record<string, unknown>));
    }
  }
  return found;
}
