import { setTimeout as pause } from 'node:timers/promises';
import type { Arm } from '../arm.js';
import { gatewayOn } from '../arms/of-stack.js';
import { chatBody } from '../load/chat-body.js';
import { closedLoop, warmUp, type Round } from '../load/closed-loop.js';
import { countCpu } from '../load/cpu-by-process.js';
import { FlippingPolicy } from '../load/flipping-policy.js';
import { median } from '../load/quantile.js';
import { measurePublished, type Published } from '../revisions/published-revisions.js';
import type { BenchSection } from '../section.js';

const PER_SECOND = 100;
const MODEL = 'local/llama-3';

/** Revisions that nobody calls beside: how many a second came about, and the CPU of each process for one, ms. */
type Alone = { readonly rate: number; readonly cpuMs: Readonly<Record<string, number>> };

/** What a policy that changes all the time costs those who call. */
export const section: BenchSection = {
  title: `What ${PER_SECOND} revisions a second of its own policy cost a tenant’s calls`,
  method:
    'First a gateway with Kafka and an upstream alone: signed revisions of eight tenants are made beforehand and put on the log, while their callers send chat completions, in a closed loop and in an open one at half of its rate. ' +
    'Then the whole system: chat completions through the gateway in a closed loop, quiet and while bundles of three documents are applied over REST, in interleaved rounds; then the bundles alone, of which the CPU of each process is told, less what it takes when nothing happens. ' +
    'Every revision allows the caller the model by another role than the one before, so that a decision which mixed two revisions would refuse, and end the benchmark. ' +
    'Policy, PostgreSQL and Kafka share the machine with the gateway: its CPU per request tells what the revisions cost it; the ratio of requests per second also what they cost the machine.',
  async measure({ options, say, stack }) {
    const published = await measurePublished(options, PER_SECOND, say);
    const { local } = await stack();
    const policy = await FlippingPolicy.inForce(local, MODEL);
    const arm: Arm = { ...gatewayOn(local), model: MODEL, headers: { authorization: `Bearer ${policy.key}` } };
    const [bytes = 1_000] = options.bytes;
    const durationMs = options.seconds * 1_000;
    const load = { connections: options.connections, body: chatBody(MODEL, bytes), durationMs };
    say('warms up');
    await warmUp(arm, load);
    const quiet: Round[] = [];
    const changing: Round[] = [];
    const rates: number[] = [];
    const alone: Alone[] = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      say(`round ${round} of ${options.rounds}`);
      quiet.push(await closedLoop(arm, load));
      const over = new AbortController();
      const [measured, rate] = await Promise.all([
        closedLoop(arm, load).finally(() => over.abort()),
        policy.flips(PER_SECOND, over.signal),
      ]);
      changing.push(measured);
      rates.push(rate);
      alone.push(await revisionsAlone(policy, local.processes, durationMs));
    }
    const tables = [publishedTable(published), callsTable(quiet, changing, rates), revisionsTable(alone)];
    const markdown = tables.map((lines) => lines.join('\n')).join('\n\n');
    return { markdown, figures: { options, published, quiet, changing, rates, alone } };
  },
};

async function revisionsAlone(
  policy: FlippingPolicy,
  processes: Readonly<Record<string, number>>,
  durationMs: number,
): Promise<Alone> {
  const idle = countCpu(processes);
  await pause(durationMs);
  const idled = idle();
  const busy = countCpu(processes);
  const begunMs = performance.now();
  const rate = await policy.flips(PER_SECOND, AbortSignal.timeout(durationMs));
  const seconds = (performance.now() - begunMs) / 1_000;
  const cpuMs = Object.entries(busy()).map(([name, micros]) => {
    const own = micros - ((idled[name] ?? 0) * seconds * 1_000) / durationMs;
    return [name, own / 1_000 / (rate * seconds)];
  });
  return { rate, cpuMs: Object.fromEntries(cpuMs) };
}

function publishedTable(rounds: readonly Published[]): string[] {
  const rows = (['closed', 'open'] as const).flatMap((loop) => {
    const of = (policy: Published['policy'], pick: (round: Published) => number) =>
      median(rounds.filter((each) => each.loop === loop && each.policy === policy).map(pick));
    const ratio = (pick: (round: Published) => number) => (of('changing', pick) / of('quiet', pick)).toFixed(2);
    const row = (policy: Published['policy']) =>
      `| ${loop} | ${policy} | ${of(policy, (each) => each.perSecond).toFixed(0)} | ${of(policy, (each) => each.cpuMicros).toFixed(0)} | ${of(policy, (each) => each.p50Ms).toFixed(1)} | ${of(policy, (each) => each.p99Ms).toFixed(1)} |`;
    const ratios = `| ${loop} | changing / quiet | ${ratio((each) => each.perSecond)} | ${ratio((each) => each.cpuMicros)} | ${ratio((each) => each.p50Ms)} | ${ratio((each) => each.p99Ms)} |`;
    return [row('quiet'), row('changing'), ratios];
  });
  return [
    `${PER_SECOND} revisions a second on the log, without the policy service:`,
    '',
    '| loop | policy | requests/s | CPU µs/request | p50 ms | p99 ms |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ];
}

function callsTable(quiet: readonly Round[], changing: readonly Round[], rates: readonly number[]): string[] {
  const of = (rounds: readonly Round[], pick: (round: Round) => number) => median(rounds.map(pick));
  const requests = (round: Round) => round.requestsPerSecond;
  const cpu = (round: Round) => round.cpuMicrosPerRequest ?? Number.NaN;
  const row = (name: string, rounds: readonly Round[], rate: number) =>
    `| ${name} | ${rate.toFixed(0)} | ${of(rounds, requests).toFixed(0)} | ${of(rounds, cpu).toFixed(0)} | ${of(rounds, (each) => each.latencyMsP99).toFixed(1)} |`;
  return [
    '| policy | revisions/s | requests/s | CPU µs/request | p99 ms |',
    '| --- | --- | --- | --- | --- |',
    row('quiet', quiet, 0),
    row('changing', changing, median(rates)),
    '',
    `Requests per second, changing / quiet: ${(of(changing, requests) / of(quiet, requests)).toFixed(2)}; CPU per request ${(of(changing, cpu) / of(quiet, cpu)).toFixed(2)}. No decision mixed two revisions.`,
  ];
}

function revisionsTable(alone: readonly Alone[]): string[] {
  const names = Object.keys(alone[0]?.cpuMs ?? {});
  const rows = names.map((name) => {
    const cpuMs = median(alone.map((each) => each.cpuMs[name] ?? Number.NaN));
    return `| ${name} | ${cpuMs.toFixed(2)} |`;
  });
  return [
    `Without calls ${median(alone.map(({ rate }) => rate)).toFixed(0)} revisions a second came about.`,
    '',
    '| process | CPU ms/revision |',
    '| --- | --- |',
    ...rows,
  ];
}
