import { randomBytes } from 'node:crypto';
import { MemoryBus, type Bus } from '#libs/bus';
import { topics } from '#libs/contracts';
import { silentLogger } from '#libs/telemetry';
import { onTestFinished, vi } from 'vitest';
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
