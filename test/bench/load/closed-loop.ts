import { Pool } from 'undici';
import type { Arm } from '../arm.js';
import { processCpuMicros } from './process-cpu.js';

export type Round = {
  readonly requestsPerSecond: number;
  /** Of the arm's own process; undefined for an arm without one. */
  readonly cpuMicrosPerRequest: number | undefined;
  readonly latencyMsP50: number;
  readonly latencyMsP99: number;
};

type Options = { readonly connections: number; readonly durationMs: number; readonly body: string };

/** Each connection sends its next request when its last one has answered. Any status but 200 ends the benchmark. */
export async function closedLoop(arm: Arm, { connections, durationMs, body }: Options): Promise<Round> {
  const { origin, pathname } = new URL(`${arm.url}/chat/completions`);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const headers = { 'content-type': 'application/json', ...arm.headers };
  const send = async () => {
    const { statusCode, body: answer } = await pool.request({ path: pathname, method: 'POST', headers, body });
    const text = await answer.text();
    if (statusCode !== 200) throw new Error(`${arm.name} answered ${statusCode}: ${text.slice(0, 200)}`);
  };

  await send();
  const latencies: number[] = [];
  const cpuBefore = arm.pid === undefined ? undefined : processCpuMicros(arm.pid);
  const begin = performance.now();
  const end = begin + durationMs;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let at = performance.now(); at < end; at = performance.now()) {
        await send();
        latencies.push(performance.now() - at);
      }
    }),
  );
  const elapsedMs = performance.now() - begin;
  const cpuAfter = arm.pid === undefined ? undefined : processCpuMicros(arm.pid);
  await pool.close();

  latencies.sort((a, b) => a - b);
  const at = (quantile: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * quantile))] ?? 0;
  return {
    requestsPerSecond: (latencies.length * 1000) / elapsedMs,
    cpuMicrosPerRequest:
      cpuBefore === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpuBefore) / latencies.length,
    latencyMsP50: at(0.5),
    latencyMsP99: at(0.99),
  };
}
