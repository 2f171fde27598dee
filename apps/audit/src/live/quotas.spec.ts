import { compile } from '#libs/decision-engine';
import { readDocument } from '#libs/policy-language';
import { expect, it } from 'vitest';
import type { LimitRun } from '../limits/limit-run.js';
import { QUOTAS_MAX, quotasOf } from './quotas.js';

const nowMs = Date.UTC(2026, 10, 28, 12);
const month = { startMs: Date.UTC(2026, 10), endMs: Date.UTC(2026, 11) };
const rules = [
  { id: 'requests', when: {}, limit: 200, unit: 'requests_per_month' },
  { id: 'cost', when: {}, limit: '0.50', unit: 'cost_per_month' },
  { id: 'none', when: {}, limit: 0, unit: 'tokens_per_month' },
  { id: 'slots', when: {}, limit: 5, unit: 'concurrent_requests' },
];
const metadata = { name: 'l', tenant: 'acme' };
const limits = readDocument({ apiVersion: 'gatehouse/v1', kind: 'Limits', metadata, spec: { rules } });
const revisions = { policyRevision: 1, platformRevision: 1 };
const snapshot = compile({ tenant: 'acme', documents: [limits], platformDocuments: [], ...revisions });
const run = (id: string, used: number, change: Partial<LimitRun['about']> = {}): LimitRun => {
  const unit = rules.find((rule) => rule.id === id)?.unit ?? '';
  const about = { tenantId: 'acme', holder: 'acme', rule: `Limits/l/${id}`, unit, per: {}, ...month, ...change };
  return { window: `${id}-${JSON.stringify(change)}`, about, used };
};
const all = { tenant: undefined, owner: undefined };
const of = (runs: readonly LimitRun[], reach: { tenant: string | undefined; owner: string | undefined } = all) =>
  quotasOf(runs, (tenant) => (tenant === 'acme' ? snapshot : undefined), reach, nowMs);
const rulesIn = ({ data }: ReturnType<typeof of>) => data.map(({ rule }) => rule);

it('shows what is used of each limit, in its own unit, and in which window', () => {
  const { data } = of([run('cost', 125_000_000, { per: { currency: 'USD', team: 'ds' } })]);
  expect(data).toEqual([
    {
      tenant_id: 'acme',
      rule: 'Limits/l/cost',
      unit: 'cost_per_month',
      per: { currency: 'USD', team: 'ds' },
      used: '0.125',
      limit: '0.5',
      window_start: '2026-11-01T00:00:00.000Z',
      window_end: '2026-12-01T00:00:00.000Z',
    },
  ]);
});

it('begins with the fullest, one of which there is nothing among them', () => {
  const runs = [run('requests', 20), run('cost', 400_000_000), run('none', 0)];
  expect(rulesIn(of(runs))).toEqual(['Limits/l/none', 'Limits/l/cost', 'Limits/l/requests']);
});

it('leaves out windows that are over or to come, rules that are gone, other units, and what is only occupied', () => {
  const over = { startMs: month.startMs - 1_000, endMs: nowMs };
  const toCome = { startMs: nowMs + 1, endMs: month.endMs };
  const runs = [
    run('requests', 1, over),
    run('requests', 1, toCome),
    run('requests', 1, { rule: 'Limits/gone/requests' }),
    run('requests', 1, { unit: 'requests_per_day' }),
    run('requests', 1, { holder: 'platform' }),
    run('slots', 1),
  ];
  expect(of(runs)).toEqual({ data: [], truncated: false });
});

it('shows nothing of another tenant, and to who sees only their own what counts them alone', () => {
  const runs = [
    run('requests', 1),
    run('requests', 2, { per: { user: 'user_dev' } }),
    run('requests', 3, { per: { principal: 'user_ana' } }),
    run('requests', 4, { per: { team: 'user_dev' } }),
    run('requests', 5, { tenantId: 'globex', per: { user: 'user_dev' } }),
  ];
  const used = (reach: Parameters<typeof of>[1]) => of(runs, reach).data.map((quota) => quota.used);
  expect(used({ tenant: 'acme', owner: undefined })).toEqual(['4', '3', '2', '1']);
  expect(used({ tenant: 'acme', owner: 'user_dev' })).toEqual(['2']);
  expect(used({ tenant: 'globex', owner: undefined })).toEqual([]);
});

it('says so where there are more than it shows', () => {
  const runs = Array.from({ length: QUOTAS_MAX + 1 }, (_, n) => run('requests', n, { per: { user: `u${n}` } }));
  const { data, truncated } = of(runs);
  expect([data.length, truncated, data[0]?.used]).toEqual([QUOTAS_MAX, true, String(QUOTAS_MAX)]);
});
