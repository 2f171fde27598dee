import { Pool } from 'undici';
import type { Arm } from '../arm.js';
import { processCpuMicros } from './process-cpu.js';
import { quantile } from './quantile.js';

export type StreamRound = {
  readonly streamsPerSecond: number;
  /** Of the arm's own process; NaN for an arm without one. */
  readonly cpuMicrosPerStream: number;
  /** From the request to the first byte of the body. */
  readonly firstByteMsP50: number;
  readonly firstByteMsP99: number;
};
type Load = { readonly connections: number; readonly durationMs: number; readonly content: string };

const DONE = 'data: [DONE]';
const AFTERWARDS_MS = 200;

/** Each connection asks for its next stream when its last one has come to its end; one that breaks ends the benchmark. */
export async function streamLoop(arm: Arm, { connections, durationMs, content }: Load): Promise<StreamRound> {
  const { origin, pathname: path } = new URL(`${arm.url}/chat/completions`);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const own = typeof arm.headers === 'function' ? arm.headers() : arm.headers;
  const headers = { 'content-type': 'application/json', ...own };
  const body = JSON.stringify({ model: arm.model, stream: true, messages: [{ role: 'user', content }] });
  const firstBytes: number[] = [];
  const one = async () => {
    const at = performance.now();
    const { statusCode, body: answer } = await pool.request({ path, method: 'POST', headers, body });
    let last = '';
    let isFirst = true;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      if (isFirst) firstBytes.push(performance.now() - at);
      isFirst = false;
      last = (last + chunk.toString('latin1')).slice(-64);
    }
    if (statusCode !== 200 || !last.includes(DONE)) throw new Error(`${arm.name} answered ${statusCode}: …${last}`);
  };
  const cpuBefore = arm.pid === undefined ? Number.NaN : processCpuMicros(arm.pid);
  const begun = performance.now();
  const connection = async () => {
    while (performance.now() < begun + durationMs) await one();
  };
  try {
    await Promise.all(Array.from({ length: connections }, connection));
  } finally {
    await pool.close();
  }
  const elapsedMs = performance.now() - begun;
  await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
  const cpuAfter = arm.pid === undefined ? Number.NaN : processCpuMicros(arm.pid);
  return {
    streamsPerSecond: (firstBytes.length * 1_000) / elapsedMs,
    cpuMicrosPerStream: (cpuAfter - cpuBefore) / firstBytes.length,
    firstByteMsP50: quantile(firstBytes, 0.5),
    firstByteMsP99: quantile(firstBytes, 0.99),
  };
}
