import type { TenantSnapshot } from '#libs/decision-engine';
import { amountsOf, ruleOf, type LimitRun } from '../limits/limit-run.js';
import type { Reach } from '../records/audit-reach.js';
import type { ShownQuotas } from './live-answers.js';

/** Counters that a panel shows; beyond it those that are used up the least are left out. */
export const QUOTAS_MAX = 200;

/** Dimensions of a rule whose value is one principal's id. */
const OF_ONE = ['principal', 'user', 'virtual-account'] as const;

/**
 * Counters of rules in force that were used in their present window, the fullest first. Who may see only their own sees
 * those that count nobody else.
 */
export function quotasOf(
  runs: Iterable<LimitRun>,
  snapshotOf: (tenantId: string) => TenantSnapshot | undefined,
  { tenant, owner }: Reach,
  nowMs: number,
): ShownQuotas {
  const found: { readonly share: number; readonly quota: ShownQuotas['data'][number] }[] = [];
  for (const run of runs) {
    const { tenantId, unit, per, startMs, endMs } = run.about;
    const isCurrent = startMs <= nowMs && nowMs < endMs;
    const isSeen = tenant === undefined || tenant === tenantId;
    if (!isCurrent || !isSeen || (owner !== undefined && !OF_ONE.some((name) => per[name] === owner))) continue;
    const snapshot = snapshotOf(tenantId);
    const rule = snapshot && ruleOf(snapshot, run);
    // What calls occupy is not used up.
    if (!rule || unit === 'concurrent_requests') continue;
    const { most, text } = amountsOf(rule);
    const window = { window_start: new Date(startMs).toISOString(), window_end: new Date(endMs).toISOString() };
    const amounts = { used: text(run.used), limit: text(most) };
    const share = most > 0 ? run.used / most : Infinity;
    found.push({ share, quota: { tenant_id: tenantId, rule: run.about.rule, unit, per, ...amounts, ...window } });
  }
  const sorted = found.toSorted((a, b) => b.share - a.share || (a.quota.rule < b.quota.rule ? -1 : 1));
  return { data: sorted.slice(0, QUOTAS_MAX).map(({ quota }) => quota), truncated: sorted.length > QUOTAS_MAX };
}
