import { canonicalJson } from '#libs/policy-language';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile, compileRestrictions, decide } from '../index.js';
import { policies } from './generated-policy.fixture.js';
import { requests } from './generated-requests.fixture.js';
import { naiveDecide } from './naive-interpreter.fixture.js';

const EXPECTED_OUTCOMES = [
  'granted',
  'operator',
  'model_not_allowed',
  'environment_not_allowed',
  'action_not_allowed',
  'untagged_resource',
  'insufficient_scope',
  'ip_not_allowed',
];
const POLICIES = 250;
const REQUESTS_PER_POLICY = 80;

it('decides as the naive interpreter does, for generated policies and requests', () => {
  let compared = 0;
  const outcomes = new Map<string, number>();
  fc.assert(
    fc.property(
      policies,
      fc.array(requests, { minLength: REQUESTS_PER_POLICY, maxLength: REQUESTS_PER_POLICY }),
      (policy, asked) => {
        const { own, platform } = policy;
        const snapshot = compile({
          tenant: 'acme',
          documents: own,
          platformDocuments: platform,
          policyRevision: 1,
          platformRevision: 1,
        });
        for (const request of asked) {
          const { restrictions, details, ...credential } = request.credential;
          const narrowing = { restrictions: compileRestrictions(restrictions), details: compileRestrictions(details) };
          const whole = { ...request, credential: { ...credential, ...narrowing } };
          const { allowed, code, reason, statements, boundaries } = decide(snapshot, whole);
          const decided = { allowed, code, reason, statements, boundaries };
          const expected = naiveDecide({ tenant: 'acme', own, platform }, request);
          expect(canonicalJson(decided)).toBe(canonicalJson(expected));
          compared++;
          outcomes.set(code ?? reason, (outcomes.get(code ?? reason) ?? 0) + 1);
        }
      },
    ),
    { numRuns: POLICIES },
  );
  console.info(`compared ${compared} decisions:`, Object.fromEntries([...outcomes].toSorted()));
  expect(compared).toBe(POLICIES * REQUESTS_PER_POLICY);
  // A generator that never reaches an outcome proves nothing about it.
  const seldom = EXPECTED_OUTCOMES.filter((outcome) => (outcomes.get(outcome) ?? 0) < 10);
  expect(seldom).toEqual([]);
}, 300_000);
