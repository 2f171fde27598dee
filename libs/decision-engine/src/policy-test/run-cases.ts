import type { Expectation, PolicyTest } from '#libs/policy-language';
import type { Decision } from '../decision.js';
import { decide } from '../deciding/decide.js';
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
  return tests.map(({ name, input, expected }) => {
    const failures: string[] = [];
    const wanted = new Map(expected.map((each) => [keyOf(each), each]));
    let decisions = 0;
    for (const principal of input.principals) {
      for (const request of input.requests) {
        const [who, what] = [principals[principal], requests[request]];
        if (!who || !what) throw new TypeError(`The test "${name}" was not linted.`);
        if (!budget.take()) return { name, passed: false, decisions, failures: [budget.exhausted] };
        const decision = decide(snapshot, testQuestion(what, testPrincipal(who, snapshot.tenant), nowMs));
        decisions += 1;
        for (const statement of decision.statements) decided.add(statement);
        const failure = failureOf(wanted.get(keyOf({ principal, request })), decision);
        if (failure) failures.push(`${principal} × ${request}: ${failure}`);
      }
    }
    return { name, passed: failures.length === 0, decisions, failures: shownFailures(failures) };
  });
}

const keyOf = ({ principal, request }: { principal: string; request: string }) => JSON.stringify([principal, request]);

/** What is not listed must be denied. */
function failureOf(expected: Expectation | undefined, decision: Decision): string | undefined {
  const wanted = expected?.decision ?? 'deny';
  const given = decision.allowed ? 'allow' : 'deny';
  const by = decision.reason === 'boundary' ? decision.boundaries : decision.statements;
  const why = by.length > 0 ? `${decision.reason}: ${by.join(', ')}` : decision.reason;
  if (given !== wanted) return `expected ${wanted}${expected ? '' : ', as it is not listed'}; got ${given} (${why})`;
  if (!expected?.by || expected.by.toSorted().join('\n') === by.toSorted().join('\n')) return undefined;
  return `expected ${wanted} by ${expected.by.join(', ')}; it was ${why}`;
}
