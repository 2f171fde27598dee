import { Pool } from 'undici';
import { processCpuMicros } from './process-cpu.js';

/** Forms that are posted again and again, as an OAuth client does. */
export type FormArm = {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly form: Readonly<Record<string, string>>;
  /** Whose CPU is counted. */
  readonly pid: number;
  /** Whether an answer is the expected one; any other ends the benchmark. */
  readonly isRight: (answer: string) => boolean;
};

/** What an answer leaves to be done behind it counts as its own, ms. */
const AFTERWARDS_MS = 200;

/** Each connection posts its next form when its last one was answered. @returns CPU of the process per form, µs */
export async function formLoop(arm: FormArm, connections: number, durationMs: number): Promise<number> {
  const { origin, pathname: path } = new URL(arm.url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const body = new URLSearchParams(arm.form).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...arm.headers };
  const cpuBefore = processCpuMicros(arm.pid);
  const end = performance.now() + durationMs;
  let count = 0;
  const connection = async () => {
    while (performance.now() < end) {
      const { statusCode, body: answer } = await pool.request({ path, method: 'POST', headers, body });
      const text = await answer.text();
      if (statusCode !== 200 || !arm.isRight(text)) throw new Error(`${arm.name} was answered ${statusCode}: ${text}`);
      count += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, connection));
  } finally {
    await pool.close();
  }
  await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
  return (processCpuMicros(arm.pid) - cpuBefore) / count;
}
