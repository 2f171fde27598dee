import { headKey } from '#libs/contracts';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { watchedView } from './policy.fixture.js';
import { compacted, logs, reached, type History, type LogRecord } from './policy-log.fixture.js';
import type { PolicyView } from './policy-view.js';

/** Raise it by hand for a long run. */
const LOGS = 60;
const tenants = ['acme', 'globex'] as const;

/** The revision that the last readable head of a tenant names. */
function lastHead(records: readonly LogRecord[], tenant: string): number {
  const head = records.findLast(([key]) => key === headKey(tenant))?.[1] as { revision: number } | undefined;
  return head?.revision ?? 0;
}

/** Whatever decides is a set that was current, whole, and says which one it is: answers the revision, undefined for none. */
function currentSet(view: PolicyView, tenant: string, history: History): number | undefined {
  const snapshot = view.snapshot(tenant);
  const found = snapshot && reached(snapshot);
  expect(found).toEqual(snapshot && history[snapshot.policyRevision]);
  return snapshot?.policyRevision;
}

it('has, wherever the topic is cut and however it was compacted, the set of the last head', () => {
  let cuts = 0;
  fc.assert(
    fc.property(logs, fc.infiniteStream(fc.boolean()), fc.nat(), ({ records, histories }, coins, cleaned) => {
      const flip = () => coins.next().value === true;
      for (let cut = 0; cut <= records.length; cut += 1) {
        const { view, put } = watchedView();
        for (const record of compacted(records.slice(0, cut), cleaned % (cut + 1), flip)) {
          put([record]);
          for (const tenant of tenants) currentSet(view, tenant, histories[tenant]);
        }
        for (const tenant of tenants) {
          expect(currentSet(view, tenant, histories[tenant])).toBe(lastHead(records.slice(0, cut), tenant));
        }
        expect(view.alarms()).toEqual([]);
        cuts += 1;
      }
    }),
    { numRuns: LOGS },
  );
  console.info(`replicas started at ${cuts} moments`);
  expect(cuts).toBeGreaterThan(LOGS);
}, 60_000);

const damage = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('dropped', 'truncated', 'junk', 'huge', 'of another', 'repeated', 'swapped', 'removed'),
});
type Damage = { at: number; how: string };

/** Does to one of acme's records what a broken or hostile writer could. */
function damaged(records: readonly LogRecord[], { at, how }: Damage): LogRecord[] {
  const own = [...records.keys()].filter((n) => records[n]?.[0].startsWith('acme/'));
  const n = own[at % Math.max(1, own.length)];
  if (n === undefined) return [...records];
  const [key = '', value = null] = records[n] ?? [];
  const other = own[(at + 1) % own.length] ?? n;
  const text = JSON.stringify(value);
  const replaced = (by: LogRecord[]) => records.flatMap((record, offset) => (offset === n ? by : [record]));
  switch (how) {
    case 'dropped':
      return replaced([]);
    case 'truncated':
      return replaced([[key, text.slice(0, text.length / 2)]]);
    case 'junk':
      return replaced([[key, '{"document":{"kind":"Role"}}']]);
    case 'huge':
      return replaced([[key, `"${'x'.repeat(100_000)}"`]]);
    case 'of another':
      return replaced([[key, records[other]?.[1] ?? null]]);
    case 'repeated':
      return [...records, [key, value]];
    case 'removed':
      return replaced([
        [key, value],
        [key, null],
      ]);
    default:
      return records.map((record, offset) => records[offset === n ? other : offset === other ? n : offset] ?? record);
  }
}

it('never decides by a mixture, whatever becomes of a tenant’s records, and leaves other tenants as they are', () => {
  const seen = { alarmed: 0, refused: 0, decided: 0 };
  fc.assert(
    fc.property(logs, fc.array(damage, { minLength: 1, maxLength: 4 }), ({ records, histories }, all) => {
      const { view, put } = watchedView();
      for (const record of all.reduce(damaged, [...records])) {
        put([record]);
        for (const tenant of tenants) currentSet(view, tenant, histories[tenant]);
      }
      expect(currentSet(view, 'globex', histories.globex)).toBe(lastHead(records, 'globex'));
      seen.alarmed += Number(view.alarms().length > 0);
      seen[view.snapshot('acme') ? 'decided' : 'refused'] += 1;
      expect(view.alarms().every(({ tenantId }) => tenantId === 'acme')).toBe(true);
    }),
    { numRuns: LOGS * 5 },
  );
  console.info('damaged topics:', seen);
  expect(Math.min(seen.alarmed, seen.refused, seen.decided)).toBeGreaterThan(0);
}, 60_000);
