import { fileURLToPath } from 'node:url';
import type { Running } from '../arm.js';
import { spawned, stopped } from './spawned.js';

/** The gateway's relay alone: everything off. */
export async function gatewayOff(port: number, provider: { origin: string; credential: string }): Promise<Running> {
  const script = fileURLToPath(new URL('gateway-off.process.js', import.meta.url));
  const url = `http://127.0.0.1:${port}/v1`;
  const child = await spawned(process.execPath, [script, String(port), provider.origin, provider.credential], url);
  return {
    arm: { name: 'gateway off', url, headers: {}, model: 'openai-main/gpt-4', pid: child.pid },
    stop: () => stopped(child),
  };
}
