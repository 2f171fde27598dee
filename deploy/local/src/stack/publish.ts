import { readSeedMemory, writeSeedMemory } from '../seed/seed-memory.js';
import type { SeedMemory } from '../seed/seeder.js';
import { writeFileAtomically } from '../process/write-file-atomically.js';
import { bootstrapOperator } from './bootstrap-operator.js';
import { localJson } from './local-json.js';
import type { Plan } from './plan.js';
import type { StackOptions } from './stack-options.js';
import type { Stack } from './stack.js';

/** Seeds what is new, then writes local.json and keeps its processes true for as long as the stack runs. */
export async function publish(stack: Stack, plan: Plan, options: StackOptions): Promise<void> {
  const memory = await seed(stack, plan, options);
  const write = () => {
    const content = localJson(plan, stack.pids(), memory);
    writeFileAtomically(stack.home.path('local.json'), `${JSON.stringify(content, undefined, 2)}\n`);
  };
  write();
  stack.onChange(write);
}

async function seed(stack: Stack, plan: Plan, { seed, say = () => undefined }: StackOptions): Promise<SeedMemory> {
  const file = stack.home.path('seed.json');
  const memory = readSeedMemory(file);
  if (!seed) return memory;
  const { gateway, identity, policy, audit, sandbox_provider } = localJson(plan, {}, memory);
  return seed({
    gateway: gateway.url,
    identity: identity.url,
    policy: policy.url,
    audit: audit.url,
    sandboxProvider: sandbox_provider.url,
    bootstrapOperator: () => bootstrapOperator(plan),
    memory,
    remember: (now) => writeSeedMemory(file, now),
    say,
  });
}
