import { join } from 'node:path';
import type { Running } from '../arm.js';
import { npmInstalled } from './installed.js';
import { spawned, stopped } from './spawned.js';

/** With later versions of its server its streams break. */
const PACKAGE = { name: '@portkey-ai/gateway', version: '1.15.2', overrides: { '@hono/node-server': '1.14.1' } };
const READY_MS_MAX = 30_000;

/** Portkey's open gateway, as it comes: without any authentication, and without a record. */
export async function portkey(port: number, provider: { origin: string; credential: string }): Promise<Running> {
  const script = join(npmInstalled(PACKAGE), 'build', 'start-server.js');
  const url = `http://127.0.0.1:${port}/v1`;
  const child = await spawned(process.execPath, [script, `--port=${port}`, '--headless'], url, READY_MS_MAX);
  const headers = {
    authorization: `Bearer ${provider.credential}`,
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${provider.origin}/v1`,
  };
  return {
    arm: { name: 'Portkey (no authentication)', url, headers, model: 'gpt-4', pid: child.pid },
    stop: () => stopped(child),
  };
}
