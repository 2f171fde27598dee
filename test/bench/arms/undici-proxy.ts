import { fileURLToPath } from 'node:url';
import type { Running } from '../arm.js';
import { spawned, stopped } from './spawned.js';

/** U: bare `node:http` and undici dispatch, on the same Node. */
export async function undiciProxy(port: number, provider: { origin: string; credential: string }): Promise<Running> {
  const script = fileURLToPath(new URL('undici-proxy.process.js', import.meta.url));
  const url = `http://127.0.0.1:${port}/v1`;
  const args = [script, String(port), provider.origin, provider.credential];
  const child = await spawned(process.execPath, args, `${url}/models`);
  return {
    arm: { name: 'U (node:http + undici)', url, headers: {}, model: 'gpt-4', pid: child.pid },
    stop: () => stopped(child),
  };
}
