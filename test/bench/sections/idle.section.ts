import { setTimeout } from 'node:timers/promises';
import { median } from '../load/quantile.js';
import { processCpuMicros } from '../load/process-cpu.js';
import { wakesOf } from '../load/process-wakes.js';
import type { BenchSection } from '../section.js';

/** Seeding, its audit trail and the first rounds of everything that goes by the clock are over by then. */
const SETTLE_MS = 45_000;
const ROUND_MS = 20_000;
const ROUNDS = 3;
const OURS = ['gateway', 'identity', 'policy', 'audit', 'sandbox_provider'] as const;
type Sample = { readonly cpuPercent: number; readonly wakesPerSecond: number };

/** What the stack costs while nobody asks anything of it. */
export const section: BenchSection = {
  title: 'What the services cost while nobody asks anything of them',
  method:
    `The local stack with its demo, ${SETTLE_MS / 1_000} s after its start, in ${ROUNDS} rounds of ${ROUND_MS / 1_000} s: CPU of each process with all of its threads, as share of one core (/proc/<pid>/stat), ` +
    'and how often its threads were woken (voluntary context switches). Medians, and the greatest in brackets.',
  async measure({ say, stack }) {
    const { local } = await stack();
    say(`settles for ${SETTLE_MS / 1_000} s`);
    await setTimeout(SETTLE_MS);
    const names = Object.keys(local.processes).toSorted((a, b) => rank(a) - rank(b));
    const found = new Map<string, Sample[]>(names.map((name) => [name, []]));
    for (let round = 1; round <= ROUNDS; round += 1) {
      say(`round ${round} of ${ROUNDS}`);
      const samples = await sample(new Map(names.map((name) => [name, local.processes[name] ?? 0])));
      for (const [name, one] of samples) found.get(name)?.push(one);
    }
    return { markdown: table(found), figures: Object.fromEntries(found) };
  },
};

function rank(name: string): number {
  const at = (OURS as readonly string[]).indexOf(name);
  return at < 0 ? OURS.length : at;
}

async function sample(pids: ReadonlyMap<string, number>): Promise<Map<string, Sample>> {
  const read = () =>
    new Map([...pids].map(([name, pid]) => [name, { cpu: processCpuMicros(pid), wakes: wakesOf(pid) }]));
  const before = read();
  const beganMs = performance.now();
  await setTimeout(ROUND_MS);
  const after = read();
  const ms = performance.now() - beganMs;
  return new Map(
    [...after].map(([name, { cpu, wakes }]) => {
      const began = before.get(name) ?? { cpu: 0, wakes: 0 };
      return [name, { cpuPercent: (cpu - began.cpu) / ms / 10, wakesPerSecond: ((wakes - began.wakes) / ms) * 1_000 }];
    }),
  );
}

function table(found: ReadonlyMap<string, readonly Sample[]>): string {
  const rows = [...found].map(([name, samples]) => {
    const cpu = samples.map(({ cpuPercent }) => cpuPercent);
    const wakes = median(samples.map(({ wakesPerSecond }) => wakesPerSecond));
    return `| ${name} | ${median(cpu).toFixed(2)} (${Math.max(...cpu).toFixed(2)}) | ${wakes.toFixed(0)} |`;
  });
  return ['| process | CPU, % of a core | wakes per second |', '| --- | --- | --- |', ...rows].join('\n');
}
