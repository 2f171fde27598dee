import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Arm } from '../arm.js';

/** Calls may wait for one that is slow, and none is left out: a connection each, up to so many. */
const CONNECTIONS_MAX = 256;

/**
 * Sends so many requests a second, whatever becomes of those before. Latency counts from the moment at which a request was
 * due, so that waiting behind a slow one counts as well (no coordinated omission). @returns ms of each
 */
export async function openLoop(arm: Arm, body: string, perSecond: number, durationMs: number): Promise<number[]> {
  const { origin, pathname: path } = new URL(`${arm.url}/chat/completions`);
  const pool = new Pool(origin, { connections: CONNECTIONS_MAX, pipelining: 1 });
  const own = typeof arm.headers === 'function' ? arm.headers() : arm.headers;
  const headers = { 'content-type': 'application/json', ...own };
  const latencies: number[] = [];
  const send = async (dueMs: number) => {
    const { statusCode, body: answer } = await pool.request({ path, method: 'POST', headers, body });
    await answer.text();
    if (statusCode !== 200) throw new Error(`${arm.name} answered ${statusCode}`);
    latencies.push(performance.now() - dueMs);
  };
  const under: Promise<void>[] = [];
  const begunMs = performance.now();
  try {
    for (let sent = 0; ;) {
      const elapsedMs = performance.now() - begunMs;
      if (elapsedMs > durationMs) break;
      for (; sent < (elapsedMs * perSecond) / 1_000; sent += 1) under.push(send(begunMs + (sent * 1_000) / perSecond));
      await pause(1);
    }
    await Promise.all(under);
  } finally {
    await pool.close();
  }
  return latencies;
}
