import type { Finding, UsageRecord } from '#libs/contracts';
import type { TenantSnapshot } from '#libs/decision-engine';
import { billionthsOf, moneyText } from '#libs/limits';
import { PLATFORM, type DocumentOf } from '#libs/policy-language';
import { findingId } from './finding-id.js';

/** A run of a window, and what calls used in it at all gateways together. */
export type LimitRun = {
  /** Names the run, the same for all who claim parts of it. */
  readonly window: string;
  readonly about: Pick<UsageRecord, 'tenantId' | 'holder' | 'rule' | 'unit' | 'per' | 'startMs' | 'endMs'>;
  readonly used: number;
};
type LimitRule = DocumentOf<'Limits'>['spec']['rules'][number];

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

/** Undefined where it was deleted, or counts something else by now. */
function ruleOf(snapshot: TenantSnapshot, { about }: LimitRun): LimitRule | undefined {
  const [kind, name, id] = about.rule.split('/');
  const { platform, own } = snapshot.compiled;
  const set = about.holder === PLATFORM ? platform : own;
  const document = set.documents.get(`${kind}/${name}`) as DocumentOf<'Limits'> | undefined;
  return document?.spec.rules.find((rule) => rule.id === id && rule.unit === about.unit);
}

function reached({ limit, alertsAtPercent = [] }: LimitRule, { window, about, used }: LimitRun, nowMs: number) {
  const { tenantId, rule, per, startMs, endMs } = about;
  const isMoney = typeof limit === 'string';
  const most = isMoney ? billionthsOf(limit) : limit;
  const amount = isMoney ? moneyText : String;
  const run = { windowStart: instant(startMs), windowEnd: instant(endMs) };
  const reachedParts = alertsAtPercent.filter((percent) => used > 0 && used >= (most * percent) / 100);
  return reachedParts.map((percent): Finding => {
    const id = findingId('limit-reached', window, String(percent));
    const about = { findingId: id, tenantId, at: instant(nowMs), rule, per, percent, ...run };
    return { kind: 'limit-reached', ...about, used: amount(used), limit: amount(most) };
  });
}

const instant = (ms: number) => new Date(ms).toISOString();
