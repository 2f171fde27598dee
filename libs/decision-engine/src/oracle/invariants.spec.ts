import type { PolicyDocument, PolicyTest } from '#libs/policy-language';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile, runPolicyTests, type Principal } from '../index.js';
import { policies } from './generated-policy.fixture.js';
import { requests } from './generated-requests.fixture.js';
import { naiveDecide } from './naive-interpreter.fixture.js';
import type { NaivePolicy, NaiveRequest } from './naive-request.fixture.js';

/** Raise it by hand for a long run; it takes about 50 ms each. */
const POLICIES = 60;
const REQUESTS = 20;
const NOW_MS = Date.parse('2026-06-01T09:00:00Z');
const asked = fc.array(requests, { minLength: REQUESTS, maxLength: REQUESTS });

const snapshotOf = ({ tenant, own, platform }: NaivePolicy) =>
  compile({ tenant, documents: own, platformDocuments: platform, policyRevision: 1, platformRevision: 1 });

function holds(
  invariant: NonNullable<PolicyTest['invariants']>[number],
  principal: Principal,
  now: NaivePolicy,
  before?: NaivePolicy,
) {
  const header = { apiVersion: 'gatehouse/v1', kind: 'PolicyTest', metadata: { name: 't', tenant: 'acme' } } as const;
  const { passed } = runPolicyTests({
    tests: [{ ...header, invariants: [invariant] }],
    snapshot: snapshotOf(now),
    current: before && snapshotOf(before),
    documents: [],
    principals: [principal],
    nowMs: NOW_MS,
  });
  return passed;
}
/** The principal's own reach now, by a plain key. */
const asOwner = ({ principal, action, resource, request }: NaiveRequest): NaiveRequest => ({
  principal: { ...principal, tenant: 'acme', operator: undefined },
  action,
  resource,
  credential: { kind: 'pat' },
  request: { ...request, timeMs: NOW_MS },
});

it('never is never: where it holds, the naive interpreter allows no request that it is about', () => {
  const seen = { shown: 0, refuted: 0, asked: 0 };
  fc.assert(
    fc.property(policies, asked, (generated, questions) => {
      const policy = { tenant: 'acme', ...generated };
      const all = questions.map(asOwner).filter(({ principal }) => principal.id === 'u1');
      const [first] = all;
      if (!first) return;
      const { principal, action } = first;
      const scope = { subjects: [`${principal.kind}:u1`], actions: [action] };
      if (action === 'model:own') return;
      if (!holds({ never: scope }, principal, policy)) return void (seen.refuted += 1);
      seen.shown += 1;
      for (const question of all.filter((each) => each.action === action)) {
        seen.asked += 1;
        expect(naiveDecide(policy, { ...question, principal }).allowed).toBe(false);
      }
    }),
    { numRuns: POLICIES },
  );
  console.info('never:', seen);
  expect(Math.min(seen.shown, seen.refuted)).toBeGreaterThan(0);
}, 120_000);

it('no new access is none: where it holds after a change, nothing is allowed that was not before', () => {
  const seen = { shown: 0, refuted: 0, asked: 0 };
  const changes = fc.record({ other: policies, index: fc.nat(40), put: fc.boolean() });
  fc.assert(
    fc.property(policies, changes, asked, (generated, { other, index, put }, questions) => {
      const before = { tenant: 'acme', ...generated };
      const changed = (documents: readonly PolicyDocument[]) => changeOne(documents, other.own, index, put);
      const after = { ...before, own: changed(before.own) };
      const [first] = questions.map(asOwner);
      if (!first) return;
      const { principal } = first;
      if (!holds({ noNewAccessSince: 'current' }, principal, after, before)) return void (seen.refuted += 1);
      seen.shown += 1;
      for (const question of questions.map(asOwner)) {
        const asking = { ...question, principal };
        seen.asked += 1;
        const isNew = naiveDecide(after, asking).allowed && !naiveDecide(before, asking).allowed;
        expect(isNew).toBe(false);
      }
    }),
    { numRuns: POLICIES },
  );
  console.info('no new access:', seen);
  expect(Math.min(seen.shown, seen.refuted)).toBeGreaterThan(0);
}, 120_000);

/** Replaces or removes one document that others do not need. */
function changeOne(own: readonly PolicyDocument[], other: readonly PolicyDocument[], index: number, put: boolean) {
  const free = own.filter(({ kind }) => kind !== 'ProviderAccount' && (put || (kind !== 'Role' && kind !== 'Model')));
  const chosen = free[index % free.length];
  const replacement = other.find(
    ({ kind, metadata }) => kind === chosen?.kind && metadata.name === chosen.metadata.name,
  );
  return own.flatMap((document) =>
    document === chosen ? (put && replacement ? [replacement] : put ? [document] : []) : [document],
  );
}
