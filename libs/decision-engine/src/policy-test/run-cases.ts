import type { Expectation, PolicyTest } from '#libs/policy-language';
import type { Decision } from '../decision.js';
import { decide } from '../deciding/decide.js';
import { unmetMetadata, type UnmetMetadata } from '../metadata/unmet-metadata.js';
import type { AccessRequest } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import type { DecisionBudget } from './decision-budget.js';
import { shownFailures, type TestResult } from './report.js';
import { testPrincipal, testQuestion } from './test-request.js';

type Run = {
  readonly snapshot: TenantSnapshot;
  readonly test: PolicyTest;
  readonly timeMs: number;
  readonly budget: DecisionBudget;
  /** Takes every statement that determined an answer. */
  readonly decided: Set<string>;
};

/** Decides what the tests of one document ask. */
export function runCases({ snapshot, test, timeMs, budget, decided }: Run): readonly TestResult[] {
  const { tests = [], principals = {}, requests = {}, options } = test;
  const nowMs = options?.now === undefined ? timeMs : Date.parse(options.now);
  const ground = { nowMs, tenantLabels: options?.tenantLabels };
  return tests.map(({ name, input, expected }) => {
    const failures: string[] = [];
    const wanted = new Map(expected.map((each) => [keyOf(each), each]));
    let decisions = 0;
    for (const principal of input.principals) {
      for (const request of input.requests) {
        const [who, what] = [principals[principal], requests[request]];
        if (!who || !what) throw new TypeError(`The test "${name}" was not linted.`);
        if (!budget.take()) return { name, passed: false, decisions, failures: [budget.exhausted] };
        const question = testQuestion(what, testPrincipal(who, snapshot.tenant), ground);
        const decision = decide(snapshot, question);
        decisions += 1;
        const unmet = unmetBy(snapshot, question);
        if (!unmet) for (const statement of decision.statements) decided.add(statement);
        const answer = answerOf(decision, unmet);
        const failure = failureOf(wanted.get(keyOf({ principal, request })), answer);
        if (failure) failures.push(`${principal} × ${request}: ${failure}`);
      }
    }
    return { name, passed: failures.length === 0, decisions, failures: shownFailures(failures) };
  });
}

const keyOf = ({ principal, request }: { principal: string; request: string }) => JSON.stringify([principal, request]);

/** What a call is answered, and what decided that. */
type Answer = { readonly given: 'allow' | 'deny'; readonly reason: string; readonly by: readonly string[] };

function answerOf(decision: Decision, unmet: UnmetMetadata | undefined): Answer {
  // Gateways look at what calls must say before they look at who may make them.
  if (unmet) return { given: 'deny', reason: `${unmet.code} ${unmet.key}`, by: [] };
  const { allowed, reason, boundaries, statements } = decision;
  return { given: allowed ? 'allow' : 'deny', reason, by: reason === 'boundary' ? boundaries : statements };
}

/** Lists, and what administrators do, need say nothing of themselves. */
function unmetBy(snapshot: TenantSnapshot, { action, request }: AccessRequest): UnmetMetadata | undefined {
  const isCall = action === 'model:invoke' && request.operation !== 'admin';
  return isCall ? unmetMetadata(snapshot, request.metadata ?? {}) : undefined;
}

/** What is not listed must be denied. */
function failureOf(expected: Expectation | undefined, { given, reason, by }: Answer): string | undefined {
  const wanted = expected?.decision ?? 'deny';
  const why = by.length > 0 ? `${reason}: ${by.join(', ')}` : reason;
  if (given !== wanted) return `expected ${wanted}${expected ? '' : ', as it is not listed'}; got ${given} (${why})`;
  if (!expected?.by || expected.by.toSorted().join('\n') === by.toSorted().join('\n')) return undefined;
  return `expected ${wanted} by ${expected.by.join(', ')}; it was ${why}`;
}
