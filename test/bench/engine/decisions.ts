import { decide, type AccessRequest, type TenantSnapshot } from '#libs/decision-engine';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { scenario, type Spread } from './policies.js';

/** Decisions between two looks at the clock, so that the clock's own cost is not what is measured. */
const BATCH = 128;
/** Passes over all requests before anything counts: for the compiler, and the snapshot's own look-ups. */
const WARM_UP_PASSES = 40;
const PASSES_PER_ROUND = 10;

/** Nanoseconds per decision: of the clock, and of the thread's own time on the processor; bytes allocated per decision. */
export type DecisionFigures = {
  readonly policies: number;
  readonly spread: Spread;
  readonly p50Ns: number;
  readonly p99Ns: number;
  readonly cpuNs: number;
  readonly bytes: number;
  readonly allowedShare: number;
};

type Measured = { readonly times: number[]; readonly cpu: number[] };

/** All sizes in turn in each round, so that what else the machine does hits each of them alike. */
export function measureDecisions(sizes: readonly number[], rounds: number): readonly DecisionFigures[] {
  const arms = sizes.flatMap((policies) =>
    (['teams', 'one-team'] as const).map((spread) => {
      const { snapshot, requests } = scenario(policies, spread);
      const measured: Measured = { times: [], cpu: [] };
      return { policies, spread, snapshot, requests, measured };
    }),
  );
  for (const { snapshot, requests } of arms) for (let n = 0; n < WARM_UP_PASSES; n++) pass(snapshot, requests);
  for (let round = 0; round < rounds; round++) {
    for (const { snapshot, requests, measured } of arms) {
      // What the arm before it left in the caches is not this one's to clear up.
      pass(snapshot, requests);
      const before = cpuMicroseconds();
      for (let n = 0; n < PASSES_PER_ROUND; n++) timedPass(snapshot, requests, measured.times);
      measured.cpu.push(((cpuMicroseconds() - before) * 1_000) / (PASSES_PER_ROUND * requests.length));
    }
  }
  return arms.map(({ policies, spread, snapshot, requests, measured }) => {
    const times = measured.times.toSorted((a, b) => a - b);
    const at = (share: number) => Math.round(times[Math.floor(times.length * share)] ?? Number.NaN);
    const cpu = measured.cpu.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
    const figures = { p50Ns: at(0.5), p99Ns: at(0.99), cpuNs: Math.round(cpu), bytes: allocated(snapshot, requests) };
    return { policies, spread, ...figures, allowedShare: pass(snapshot, requests) / requests.length };
  });
}

function pass(snapshot: TenantSnapshot, requests: readonly AccessRequest[]): number {
  let allowed = 0;
  for (let n = 0; n < requests.length; n++) {
    const request = requests[n];
    if (request && decide(snapshot, request).allowed) allowed += 1;
  }
  return allowed;
}

function timedPass(snapshot: TenantSnapshot, requests: readonly AccessRequest[], times: number[]): void {
  for (let at = 0; at < requests.length; at += BATCH) {
    const batch = requests.slice(at, at + BATCH);
    const before = performance.now();
    pass(snapshot, batch);
    times.push(((performance.now() - before) * 1e6) / BATCH);
  }
}

/** Growth of the heap per decision, over passes that no collection interrupts; the smallest of some tries. */
function allocated(snapshot: TenantSnapshot, requests: readonly AccessRequest[]): number {
  let least = Infinity;
  for (let n = 0; n < 8; n++) {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    pass(snapshot, requests);
    const grown = process.memoryUsage().heapUsed - before;
    if (grown >= 0) least = Math.min(least, grown);
  }
  return Math.round((least / requests.length) * 10) / 10;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Time of this thread on the processor: other processes of the machine must not count. */
export function cpuMicroseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
