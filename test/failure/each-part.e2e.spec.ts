import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { waitFor } from '#libs/testing';
import { act, kill } from '../system/system.js';
import { issueKey, revoke, revokeEverywhere, type DoomedKey, type Revoked } from './doomed-key.js';
import { callersWith, isUsual, Traffic, type Observed } from './traffic.js';
import { faultsOfRecord } from './whole-record.js';

/** Past it a replica that cannot read the log's end answers nobody: DESIGN's log lease. */
const LEASE_MS = 10_000;
const PAUSE_MS = LEASE_MS + 500;
const PART_WITHIN_MS = 240_000;

/**
 * What fails together, and which gateways it may be felt at; all others answer as if nothing had happened. The second gateway,
 * which is another process of the same program, is killed in other specs.
 */
const faulty: Record<string, { readonly parts: readonly string[]; readonly feltAt: readonly (1 | 2)[] }> = {
  gateway: { parts: ['gateway'], feltAt: [1] },
  kafka: { parts: ['kafka'], feltAt: [1, 2] },
  identity: { parts: ['identity'], feltAt: [] },
  // Of these and of those neither knows of the other, and no gateway of either.
  'policy and audit': { parts: ['policy', 'audit'], feltAt: [] },
  'both databases': { parts: ['postgres', 'clickhouse'], feltAt: [] },
};
/** A revocation that was asked for in the middle of a fault, and when the fault was over. */
type MidFault = { readonly key: DoomedKey; readonly revoked: Revoked; readonly healedAtMs: number };

describe.each(Object.entries(faulty))(
  '%s under traffic, killed by -9 and then paused for longer than the lease',
  (_what, { parts, feltAt }) => {
    it(
      'loses no decision, doubles none, and lets no revoked key in',
      async () => {
        const [before, first, second] = [await issueKey(), await issueKey(), await issueKey()];
        await revokeEverywhere(before);
        const traffic = new Traffic(callersWith({ revoked: before.value, doomed: [first.value, second.value] }));
        const faults = await whileRunning(traffic, async () => {
          await traffic.flows();
          await worked(traffic, ['doomed 0', 'doomed 1']);
          return [await killed(parts, traffic, first), await paused(parts, traffic, second)];
        });
        expect(wrongAnswers(feltAt, traffic.observed)).toEqual([]);
        expect(faults.flatMap((fault, index) => lateAdmissions(`doomed ${index}`, fault, traffic.observed))).toEqual(
          [],
        );
        expect(await faultsOfRecord(traffic.observed.map(({ id }) => id))).toEqual([]);
      },
      PART_WITHIN_MS,
    );
  },
);

async function whileRunning<Result>(traffic: Traffic, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } finally {
    await traffic.stop();
  }
}

/** Kills them, revokes a key while they are away, and waits until the supervisor has brought them back and everything flows. */
async function killed(parts: readonly string[], traffic: Traffic, key: DoomedKey): Promise<MidFault> {
  const killing = Promise.all(parts.map(kill));
  const revoking = revoke(key);
  await killing;
  const healedAtMs = performance.now();
  const revoked = await revoking;
  await traffic.flows();
  await isRefused(traffic, 'doomed 0');
  return { key, revoked, healedAtMs };
}

async function paused(parts: readonly string[], traffic: Traffic, key: DoomedKey): Promise<MidFault> {
  const all = (what: 'pause' | 'resume' | 'ready') => Promise.all(parts.map((part) => act(part, what)));
  await all('pause');
  const revoking = revoke(key);
  try {
    await pause(PAUSE_MS);
  } finally {
    await all('resume');
  }
  await all('ready');
  const healedAtMs = performance.now();
  const revoked = await revoking;
  await traffic.flows();
  await isRefused(traffic, 'doomed 1');
  return { key, revoked, healedAtMs };
}

/** The keys that are to be revoked did open both gateways before. */
async function worked({ observed }: Traffic, names: readonly string[]): Promise<void> {
  const opened = (name: string, gateway: number) =>
    observed.some(({ caller, status }) => caller.name === name && caller.gateway === gateway && status === 200);
  await waitFor(() => names.every((name) => [1, 2].every((gateway) => opened(name, gateway))), { timeoutMs: 30_000 });
}

async function isRefused({ observed }: Traffic, name: string): Promise<void> {
  const sinceMs = performance.now();
  const refused = (gateway: number) =>
    observed.some(
      ({ caller, status, sentAtMs }) =>
        caller.name === name && caller.gateway === gateway && sentAtMs > sinceMs && status === 401,
    );
  await waitFor(() => refused(1) && refused(2), { timeoutMs: 60_000, what: `${name} to be refused` });
}

/** Answers of gateways that no fault explains: a status that is neither the usual one nor 503, or any change where the fault is not felt. */
function wrongAnswers(feltAt: readonly (1 | 2)[], observed: readonly Observed[]): string[] {
  return observed
    .filter(({ caller }) => caller.gateway !== undefined && caller.usual !== undefined)
    .filter((seen) => !isUsual(seen))
    .filter(({ caller, status, isWhole }) => {
      const isFelt = caller.gateway !== undefined && feltAt.includes(caller.gateway);
      const isOutage = status === 0 || status === 503 || (status === caller.usual && !isWhole);
      return !(isFelt && isOutage);
    })
    .map(({ caller, status, code }) => `${caller.name} at gateway ${caller.gateway}: ${status} ${code}`);
}

/** Calls that were let in by a revoked key although they were sent after the lease. */
function lateAdmissions(name: string, { revoked, healedAtMs }: MidFault, observed: readonly Observed[]): string[] {
  // A revocation that is answered as pending begins to count when the log can be written again.
  const fromMs = revoked.isPublished ? revoked.answeredAtMs : Math.max(healedAtMs, revoked.answeredAtMs);
  return observed
    .filter(({ caller, status, sentAtMs }) => caller.name === name && status === 200 && sentAtMs > fromMs + LEASE_MS)
    .map(({ caller, sentAtMs }) => `gateway ${caller.gateway}: ${Math.round(sentAtMs - fromMs)} ms after`);
}
