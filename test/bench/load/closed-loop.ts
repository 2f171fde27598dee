import { Pool } from 'undici';
import type { Arm } from '../arm.js';
import { processCpuMicros } from './process-cpu.js';
import { quantile } from './quantile.js';

export type Round = {
  readonly requestsPerSecond: number;
  /** Of the arm's own process; undefined for an arm without one. */
  readonly cpuMicrosPerRequest: number | undefined;
  readonly latencyMsP50: number;
  readonly latencyMsP99: number;
};

type Load = { readonly connections: number; readonly body: string };

/** So many requests until nothing of an arm's path is interpreted any more, as far as they can be had in the time. */
const WARM_REQUESTS = 40_000;
const WARM_MS_MAX = 25_000;
/** What an arm does behind its answers (publication of records waits for more) counts as theirs. */
const AFTERWARDS_MS = 200;

/** Sends requests until the arm is warm; what a cold one costs is another question. */
export async function warmUp(arm: Arm, load: Load): Promise<void> {
  let left = WARM_REQUESTS;
  const end = performance.now() + WARM_MS_MAX;
  await loop(arm, load, () => (left -= 1) >= 0 && performance.now() < end);
}

/** Each connection sends its next request when its last one has answered. Any status but the arm's ends the benchmark. */
export async function closedLoop(arm: Arm, { durationMs, ...load }: Load & { durationMs: number }): Promise<Round> {
  const { pid } = arm;
  const cpuBefore = pid === undefined ? 0 : processCpuMicros(pid);
  const begin = performance.now();
  const latencies = await loop(arm, load, () => performance.now() < begin + durationMs);
  const elapsedMs = performance.now() - begin;
  await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
  const cpuAfter = pid === undefined ? 0 : processCpuMicros(pid);

  return {
    requestsPerSecond: (latencies.length * 1000) / elapsedMs,
    cpuMicrosPerRequest: pid === undefined ? undefined : (cpuAfter - cpuBefore) / latencies.length,
    latencyMsP50: quantile(latencies, 0.5),
    latencyMsP99: quantile(latencies, 0.99),
  };
}

/** Answers how long each request took, in milliseconds. */
async function loop(arm: Arm, { connections, body }: Load, goesOn: () => boolean): Promise<number[]> {
  const { origin, pathname } = new URL(`${arm.url}/chat/completions`);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const send = async () => {
    const own = typeof arm.headers === 'function' ? arm.headers() : arm.headers;
    const headers = { 'content-type': 'application/json', ...own };
    const { statusCode, body: answer } = await pool.request({ path: pathname, method: 'POST', headers, body });
    const text = await answer.text();
    if (statusCode !== (arm.status ?? 200))
      throw new Error(`${arm.name} answered ${statusCode}: ${text.slice(0, 200)}`);
  };
  const latencies: number[] = [];
  const connection = async () => {
    while (goesOn()) {
      const at = performance.now();
      await send();
      latencies.push(performance.now() - at);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, connection));
  } finally {
    await pool.close();
  }
  return latencies;
}
