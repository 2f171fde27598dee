import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { waitFor } from '#libs/testing';
import { act, kill, local, systemHome } from '../system/system.js';
import { issueKey, revoke } from './doomed-key.js';
import { isUsual, modelCallers, Traffic } from './traffic.js';
import { faultsOfRecord } from './whole-record.js';

const LEASE_MS = 10_000;
/** Everything that the request path must do without. */
const controlPlane = ['identity', 'policy', 'audit', 'postgres', 'clickhouse'];

async function stopAll(): Promise<void> {
  await Promise.all(['identity', 'policy', 'audit'].map((part) => act(part, 'stop')));
  await Promise.all(['postgres', 'clickhouse'].map((part) => act(part, 'stop')));
}

/** Stores first: the services wait for them only so long. */
async function startAll(): Promise<void> {
  await Promise.all(['kafka', 'postgres', 'clickhouse'].map((part) => act(part, 'start')));
  await Promise.all(['identity', 'policy', 'audit'].map((part) => act(part, 'start')));
}

it('a gateway decides without anything but Kafka, also after kill -9, and without Kafka until the lease ends; nothing is lost', async () => {
  const [inSnapshot, afterSnapshot] = [await issueKey(), await issueKey()];
  await revoke(inSnapshot);
  // An orderly stop writes the snapshot file; the second key is revoked when the file is already written.
  await act('gateway-2', 'restart');
  await revoke(afterSnapshot);
  const keys = { revoked: inSnapshot.value, doomed: [] };
  const late = modelCallers({ ...keys, revoked: afterSnapshot.value }).filter(({ name }) => name === 'revoked');
  const traffic = new Traffic([...modelCallers(keys), ...late]);
  const kafkaAway = { fromMs: Infinity, untilMs: Infinity };
  try {
    await traffic.flows();
    await stopAll();
    expect(controlPlane.map((part) => local().processes[part])).toEqual(controlPlane.map(() => undefined));
    const aloneAtMs = performance.now();
    // Longer than the lease: it is Kafka alone that renews it.
    await pause(LEASE_MS + 2_000);
    await traffic.flows();
    const aloneUntilMs = performance.now();
    const restored = snapshotsUsed('gateway-2');
    await kill('gateway-2');
    expect(snapshotsUsed('gateway-2')).toBe(restored + 1);
    await traffic.flows();
    expect(unusual(traffic, aloneAtMs, aloneUntilMs)).toEqual([]);
    await act('kafka', 'stop');
    kafkaAway.fromMs = performance.now();
    // That it is in time is judged by the admissions, below.
    await waitFor(() => isStale(traffic), { timeoutMs: 60_000, what: 'every gateway to refuse everything' });
  } finally {
    kafkaAway.untilMs = performance.now();
    await startAll();
    await traffic.flows(90_000).finally(() => traffic.stop());
  }
  expect(warmDecisions(traffic, kafkaAway.fromMs, kafkaAway.untilMs)).toEqual([]);
  expect(admitted(traffic, 'revoked', 0)).toEqual([]);
  expect(await faultsOfRecord(traffic.observed.map(({ id }) => id))).toEqual([]);
});

/** How often a gateway has begun from its snapshot file, by its log. */
function snapshotsUsed(replica: string): number {
  return readFileSync(join(systemHome, 'logs', `${replica}.log`), 'utf8').split('goes on from the snapshot file')
    .length;
}

/** Anything but the usual answers in between. */
function unusual({ observed }: Traffic, fromMs: number, untilMs: number): string[] {
  return observed
    .filter(({ sentAtMs }) => sentAtMs > fromMs && sentAtMs < untilMs)
    .filter((seen) => !isUsual(seen))
    .map(({ caller, status, code }) => `${caller.name} at gateway ${caller.gateway}: ${status} ${code}`);
}

/** Whoever was let in hears that nothing is decided any more, and nobody else is let in. */
function isStale({ observed, callers }: Traffic): boolean {
  return callers.every((own) => {
    const last = observed.findLast(({ caller }) => caller === own);
    return own.usual === 200 ? last?.status === 503 && last.code === 'snapshot_stale' : last?.status !== 200;
  });
}

/** With Kafka gone a gateway goes on for a while, and for no longer than the lease. */
function warmDecisions(traffic: Traffic, stoppedAtMs: number, healedFromMs: number): string[] {
  // Those whom limits hold may have spent before what their gateway had claimed; the others go on for the lease.
  const names = ['allowed', 'streamed'];
  const admissions = names
    .flatMap((name) => admitted(traffic, name, stoppedAtMs))
    .filter((atMs) => atMs < healedFromMs);
  const tooLate = admissions.filter((atMs) => atMs > stoppedAtMs + LEASE_MS);
  return [
    ...(admissions.length > 0 ? [] : ['nothing was decided once Kafka was gone']),
    ...tooLate.map((atMs) => `allowed ${Math.round(atMs - stoppedAtMs)} ms after Kafka was gone`),
  ];
}

function admitted({ observed }: Traffic, name: string, fromMs: number): number[] {
  return observed
    .filter(({ caller, status, sentAtMs }) => caller.name === name && status === 200 && sentAtMs > fromMs)
    .map(({ sentAtMs }) => sentAtMs);
}
