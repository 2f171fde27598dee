import type { BenchOptions } from '../bench.config.js';
import { chatBody } from '../load/chat-body.js';
import { closedLoop, warmUp } from '../load/closed-loop.js';
import { openLoop } from '../load/open-loop.js';
import { processCpuMicros } from '../load/process-cpu.js';
import { quantile } from '../load/quantile.js';
import { gatewayOnTheLog, type GatewayOnTheLog } from './gateway-on-the-log.js';
import { RevisionsOnTheLog } from './revisions-on-the-log.js';

const TENANTS = 8;
/** Of the rate of a quiet closed loop. */
const OPEN_LOOP_SHARE = 0.5;

/** One round; `perSecond` in the open loop is what was asked for. */
export type Published = {
  readonly loop: 'closed' | 'open';
  readonly policy: 'quiet' | 'changing';
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
};

/** What revisions cost a gateway to which they are published, without what they cost the policy service. */
export async function measurePublished(
  options: BenchOptions,
  perSecond: number,
  say: (line: string) => void,
): Promise<readonly Published[]> {
  const bench = await gatewayOnTheLog(TENANTS, say);
  try {
    const [bytes = 1_000] = options.bytes;
    const load = { connections: options.connections, body: chatBody(bench.arm.model, bytes) };
    say('a gateway on the log warms up');
    await warmUp(bench.arm, load);
    const log = new RevisionsOnTheLog(bench.writers, bench.policies);
    const durationMs = options.seconds * 1_000;
    const rounds: Published[] = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      say(`revisions on the log, round ${round} of ${options.rounds}`);
      let open = 0;
      for (const loop of ['closed', 'open'] as const) {
        for (const policy of ['quiet', 'changing'] as const) {
          const prepared = policy === 'quiet' ? [] : log.prepare(perSecond * options.seconds);
          const measured = await Promise.all([
            loop === 'closed' ? closed(bench, { ...load, durationMs }) : opened(bench, load.body, open, durationMs),
            log.publish(prepared, perSecond),
          ]);
          rounds.push({ loop, policy, ...measured[0] });
          if (loop === 'closed' && policy === 'quiet') open = measured[0].perSecond * OPEN_LOOP_SHARE;
        }
      }
      await assertNewest(bench);
    }
    return rounds;
  } finally {
    await bench.stop();
  }
}

async function closed({ arm }: GatewayOnTheLog, load: Parameters<typeof closedLoop>[1]) {
  const { requestsPerSecond, cpuMicrosPerRequest = Number.NaN, ...latency } = await closedLoop(arm, load);
  const { latencyMsP50: p50Ms, latencyMsP99: p99Ms } = latency;
  return { perSecond: requestsPerSecond, cpuMicros: cpuMicrosPerRequest, p50Ms, p99Ms };
}

async function opened({ arm }: GatewayOnTheLog, body: string, perSecond: number, durationMs: number) {
  const before = processCpuMicros(Number(arm.pid));
  const latencies = await openLoop(arm, body, perSecond, durationMs);
  const cpuMicros = (processCpuMicros(Number(arm.pid)) - before) / latencies.length;
  return { perSecond, cpuMicros, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
}

/** A gateway that fell behind would have been measured on less than was published. */
async function assertNewest({ arm, policies }: GatewayOnTheLog): Promise<void> {
  const own = typeof arm.headers === 'function' ? arm.headers : () => ({});
  const body = chatBody(arm.model, 100);
  for (let n = 0; n < policies.length; n += 1) {
    const headers = { 'content-type': 'application/json', ...own() };
    const response = await fetch(`${arm.url}/chat/completions`, { method: 'POST', headers, body });
    await response.text();
    const revision = Number(response.headers.get('gatehouse-policy-revision'));
    const least = Math.min(...policies.map((policy) => policy.revision));
    if (!(revision >= least)) throw new Error(`The gateway decides on revision ${revision}; ${least} was published.`);
  }
}
