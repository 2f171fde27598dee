import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { gatewayOn } from '../arms/of-stack.js';
import { chatBody } from '../load/chat-body.js';
import { closedLoop, warmUp } from '../load/closed-loop.js';
import { mixedLoop } from '../load/mixed-loop.js';
import type { LocalJson } from '../local-stack.js';
import type { BenchSection } from '../section.js';

/** Connections that nobody uses any more are closed by then. */
const QUIET_MS = 10_000;
const SAMPLE_MS = 250;
const OTHERS = ['identity', 'policy', 'audit'] as const;
type Held = { readonly residentBytes: number; readonly heapBytes: number; readonly handles: number };
type Round = Held & { readonly calls: number; readonly others: Readonly<Record<string, number>> };

/** Whether the gateway holds on to more after hours of traffic. */
export const section: BenchSection = {
  title: 'What the gateway holds on to under mixed traffic at half load',
  method:
    'What a closed loop gets is measured first; then rounds of mixed calls at half of that: whole answers of 1 and 20 KB, streams that are read and streams whose callers leave, unknown models and bad keys. ' +
    `Heap is the least in use during a round (just after a collection); memory and handles (sockets, servers, timers) are those ${QUIET_MS / 1_000} s after each round. Round 0 is before the traffic.`,
  async measure({ options, say, stack }) {
    const { local } = await stack();
    const on = gatewayOn(local);
    const load = { connections: options.connections, body: chatBody(on.model, 1_000) };
    await warmUp(on, load);
    const { requestsPerSecond } = await closedLoop(on, { ...load, durationMs: options.seconds * 1_000 });
    const perSecond = Math.max(1, Math.floor(requestsPerSecond / 2));
    const rounds = [await afterQuiet(local, 0, Infinity)];
    for (let round = 1; round <= options.rounds; round += 1) {
      say(`round ${round} of ${options.rounds}, ${perSecond} calls/s`);
      const over = new AbortController();
      const least = leastHeap(local, over.signal);
      const calls = await mixedLoop(on, perSecond, options.seconds * 1_000).finally(() => over.abort());
      rounds.push(await afterQuiet(local, calls, await least));
    }
    return { markdown: table(perSecond, rounds), figures: { options, perSecond, rounds } };
  },
};

async function leastHeap(local: LocalJson, over: AbortSignal): Promise<number> {
  let least = Infinity;
  while (!over.aborted) {
    least = Math.min(least, (await heldBy(local)).heapBytes);
    await setTimeout(SAMPLE_MS);
  }
  return least;
}

async function afterQuiet(local: LocalJson, calls: number, heapBytes: number): Promise<Round> {
  await setTimeout(QUIET_MS);
  const held = await heldBy(local);
  const others = Object.fromEntries(OTHERS.map((name) => [name, residentBytesOf(local.processes[name] ?? 0)]));
  return { ...held, heapBytes: Math.min(held.heapBytes, heapBytes), calls, others };
}

async function heldBy({ gateway }: LocalJson): Promise<Held> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const read = (name: string) => Number(new RegExp(`^gatehouse_process_${name} (\\S+)$`, 'mu').exec(text)?.[1]);
  return { residentBytes: read('resident_bytes'), heapBytes: read('heap_bytes'), handles: read('handles') };
}

function residentBytesOf(pid: number): number {
  const [, kilobytes = 'NaN'] = /^VmRSS:\s*(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

function table(perSecond: number, rounds: readonly Round[]): string {
  const megabytes = (bytes: number) => (bytes / 1_048_576).toFixed(1);
  const row = ({ calls, heapBytes, residentBytes, handles, others }: Round, round: number) => {
    const of = OTHERS.map((name) => megabytes(others[name] ?? Number.NaN)).join(' | ');
    return `| ${round} | ${calls} | ${megabytes(heapBytes)} | ${megabytes(residentBytes)} | ${handles} | ${of} |`;
  };
  return [
    `${perSecond} calls a second.`,
    '',
    `| round | calls | heap MB | memory MB | handles | ${OTHERS.map((name) => `${name} MB`).join(' | ')} |`,
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rounds.map(row),
  ].join('\n');
}
