import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { seedDemo } from '../../deploy/local/src/seed/demo.js';
import { freePortBase } from '../../deploy/local/src/stack/ports.js';
import { startStack } from '../../deploy/local/src/stack/start-stack.js';
import { serveControl } from './control-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    system: { readonly home: string; readonly control: string };
  }
}

/** Parts run from `dist`, whatever is in it: what is tested must be what the sources say. */
async function build(): Promise<void> {
  const script = new URL('../../deploy/local/setup/build.mjs', import.meta.url);
  const { ensureBuild } = (await import(script.href)) as { ensureBuild: () => Promise<void> };
  await ensureBuild();
}

/** One whole system, with two gateways and the demo, for every spec of the project `system`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await build();
  const home = await mkdtemp(join(tmpdir(), 'gatehouse-system-'));
  // What holds of a gateway holds of one that serves on several threads.
  const replicaEnv = { 'gateway-2': { GATEHOUSE_SERVING_THREADS: '2' } };
  const stack = await startStack({ home, portBase: await freePortBase(), gateways: 2, replicaEnv, seed: seedDemo });
  const { url, server } = await serveControl(stack);
  project.provide('system', { home, control: url });
  return async () => {
    server.close();
    await stack.stop();
    await rm(home, { recursive: true, force: true });
  };
}
