import { rmSync } from 'node:fs';
import { sandboxProviderPart } from '../parts/sandbox-provider.part.js';
import type { Service } from '../parts/service-environment.js';
import type { Part } from '../process/part.js';
import { checkout } from './checkout.js';
import { planOf, wantedPorts, type Plan } from './plan.js';
import { requireFree } from './ports.js';
import { publish } from './publish.js';
import { serviceParts } from './service-parts.js';
import { Stack } from './stack.js';
import { StackHome } from './stack-home.js';
import type { StackOptions } from './stack-options.js';

/**
 * Starts a whole local stack and waits until all of it is ready and local.json is written. Rejects with AlreadyRunning,
 * PortsTaken or PartFailed, and then leaves nothing running.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const say = options.say ?? (() => undefined);
  const home = new StackHome(options.home);
  const left = await home.take();
  if (left.length > 0) say(`ended what an earlier run had left: ${left.join(', ')}`);
  // Whoever waits for this file must not find the one of the last run.
  rmSync(home.path('local.json'), { force: true });
  const stack = new Stack(home, say);
  try {
    const plan = planOf(options, home);
    await requireFree(wantedPorts(plan));
    await unlessAborted(options.signal, bringUp(stack, plan, options));
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Everything as early as what it needs is ready. */
async function bringUp(stack: Stack, plan: Plan, options: StackOptions): Promise<void> {
  await stack.guard();
  const start = async (part: Part | undefined) => part && stack.start(part);
  const [postgres, kafka, clickhouse] = [
    start(plan.embedded.postgres),
    start(plan.embedded.kafka),
    start(plan.embedded.clickhouse),
  ];
  const needs: Record<Service, Promise<unknown>> = {
    identity: Promise.all([postgres, kafka]),
    policy: Promise.all([postgres, kafka]),
    audit: Promise.all([postgres, kafka, clickhouse]),
    gateway: kafka,
  };
  const services = serviceParts(stack.home, plan, options).map(async ({ service, part }) => {
    await needs[service];
    await stack.start(part);
  });
  const sandbox = stack.start(sandboxProviderPart({ checkout, port: plan.ports.sandbox_provider }));
  await Promise.all([postgres, kafka, clickhouse, sandbox, ...services]);
  await publish(stack, plan, options);
}

async function unlessAborted(signal: AbortSignal | undefined, work: Promise<void>): Promise<void> {
  if (!signal) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  // Whichever loses the race fails later, when nobody listens any more.
  work.catch(() => undefined);
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
