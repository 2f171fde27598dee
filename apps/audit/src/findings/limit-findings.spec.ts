import { compile } from '#libs/decision-engine';
import { readDocument } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
import type { LimitRun } from '../limits/limit-run.js';
import { limitFindings } from './limit-findings.js';

const nowMs = Date.UTC(2026, 10, 28, 12);
const [startMs, endMs] = [Date.UTC(2026, 10), Date.UTC(2026, 11)];
const limits = (tenant: string, rules: readonly object[]) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind: 'Limits', metadata: { name: 'l', tenant }, spec: { rules } });
const rule = (limit: number | string, unit: string, alertsAtPercent?: readonly number[]) => {
  return { id: 'a', when: {}, limit, unit, ...(alertsAtPercent && { alertsAtPercent }) };
};
const snapshot = (own: readonly object[], platform: readonly object[] = []) =>
  compile({
    tenant: 'acme',
    documents: own.length > 0 ? [limits('acme', own)] : [],
    platformDocuments: platform.length > 0 ? [limits('platform', platform)] : [],
    policyRevision: 1,
    platformRevision: 1,
  });
const run = (used: number, unit: string, holder = 'acme'): LimitRun => {
  const about = { tenantId: 'acme', holder, rule: 'Limits/l/a', unit, per: { team: 'ds' }, startMs, endMs };
  return { window: `w-${holder}`, about, used };
};
const found = (one: LimitRun, policy = snapshot([rule(200, one.about.unit, [50, 90, 100])])) =>
  limitFindings([one], () => policy, nowMs).map((finding) => (finding.kind === 'limit-reached' ? finding.percent : 0));

describe('a part of a limit that is used up', () => {
  it.each([
    [0, []],
    [99, []],
    [100, [50]],
    [180, [50, 90]],
    [250, [50, 90, 100]],
  ])('of 200 is told when %d are used: %j percent', (used, percents) =>
    expect(found(run(used, 'requests_per_month'))).toEqual(percents),
  );

  it('says which counter, how far, and in which window', () => {
    const policy = snapshot([rule('0.50', 'cost_per_month', [75])]);
    expect(limitFindings([run(400_000_001, 'cost_per_month')], () => policy, nowMs)).toMatchObject([
      {
        kind: 'limit-reached',
        tenantId: 'acme',
        rule: 'Limits/l/a',
        per: { team: 'ds' },
        percent: 75,
        used: '0.400000001',
        limit: '0.5',
        windowStart: '2026-11-01T00:00:00.000Z',
        windowEnd: '2026-12-01T00:00:00.000Z',
      },
    ]);
  });

  it('is the same finding however often it is looked at, and another one in the next window', () => {
    const policy = snapshot([rule(200, 'requests_per_month', [50])]);
    const ids = (used: number, window: string) =>
      limitFindings([{ ...run(used, 'requests_per_month'), window }], () => policy, nowMs).map(
        (each) => each.findingId,
      );
    expect(ids(100, 'w1')).toEqual(ids(190, 'w1'));
    expect(ids(100, 'w1')).not.toEqual(ids(100, 'w2'));
  });

  it('is nothing where the rule says no part, was deleted, or counts something else by now', () => {
    expect(found(run(250, 'requests_per_month'), snapshot([rule(200, 'requests_per_month')]))).toEqual([]);
    expect(found(run(250, 'requests_per_month'), snapshot([]))).toEqual([]);
    expect(found(run(250, 'requests_per_month'), snapshot([rule(200, 'tokens_per_month', [50])]))).toEqual([]);
    expect(limitFindings([run(250, 'requests_per_month')], () => undefined, nowMs)).toEqual([]);
  });

  it('goes by the rule of its own holder, whatever another document of the same name says', () => {
    const both = snapshot([rule(200, 'requests_per_month', [50])], [rule(1_000, 'requests_per_month', [20])]);
    expect(found(run(100, 'requests_per_month'), both)).toEqual([50]);
    expect(found(run(100, 'requests_per_month', 'platform'), both)).toEqual([]);
    expect(found(run(200, 'requests_per_month', 'platform'), both)).toEqual([20]);
  });
});
