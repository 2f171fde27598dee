import type { Finding } from '#libs/contracts';
import type { TenantSnapshot } from '#libs/decision-engine';
import { amountsOf, ruleOf, type LimitRule, type LimitRun } from '../limits/limit-run.js';
import { findingId } from './finding-id.js';

/** One for each part of a limit that is used up and that its rule, as it is in force now, wants to be told of. */
export function limitFindings(
  runs: Iterable<LimitRun>,
  snapshotOf: (tenantId: string) => TenantSnapshot | undefined,
  nowMs: number,
): Finding[] {
  const found: Finding[] = [];
  for (const run of runs) {
    const snapshot = snapshotOf(run.about.tenantId);
    const rule = snapshot && ruleOf(snapshot, run);
    if (rule) found.push(...reached(rule, run, nowMs));
  }
  return found;
}

function reached(limit: LimitRule, { window, about, used }: LimitRun, nowMs: number) {
  const { tenantId, rule, per, startMs, endMs } = about;
  const { most, text } = amountsOf(limit);
  const { alertsAtPercent = [] } = limit;
  const run = { windowStart: instant(startMs), windowEnd: instant(endMs) };
  const reachedParts = alertsAtPercent.filter((percent) => used > 0 && used >= (most * percent) / 100);
  return reachedParts.map((percent): Finding => {
    const id = findingId('limit-reached', window, String(percent));
    const about = { findingId: id, tenantId, at: instant(nowMs), rule, per, percent, ...run };
    return { kind: 'limit-reached', ...about, used: text(used), limit: text(most) };
  });
}

const instant = (ms: number) => new Date(ms).toISOString();
