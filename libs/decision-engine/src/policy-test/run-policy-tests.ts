import { coverageOf } from './coverage.js';
import { DecisionBudget } from './decision-budget.js';
import { runInvariants } from './invariants.js';
import type { PolicyTestInput } from './policy-test-input.js';
import { shownFailures, type Coverage, type TestReport, type TestResult } from './report.js';
import { runCases } from './run-cases.js';
import { testPrincipal } from './test-request.js';

/** Runs the tests of a bundle: cases, then invariants, then the coverage that each document asks of all of them. */
export function runPolicyTests(input: PolicyTestInput): TestReport {
  const { tests, snapshot, documents, nowMs } = input;
  const budget = new DecisionBudget(input.decisionsMax);
  const decided = new Set<string>();
  const principals = [
    ...(input.principals ?? []),
    ...tests.flatMap((test) => Object.values(test.principals ?? {})).map((who) => testPrincipal(who, snapshot.tenant)),
  ];
  const run = tests.map((test) => {
    const results = runCases({ snapshot, test, timeMs: nowMs, budget, decided });
    return { test, results: [...results, ...runInvariants({ ...input, principals }, test, budget)] };
  });
  const coverage = coverageOf(documents, decided);
  const suites = run.map(({ test: { metadata, options }, results }) => {
    const wanted = options?.coverage?.statementsPercent;
    const whole = wanted === undefined ? results : [...results, coverageResult(coverage, wanted)];
    return { name: metadata.name, passed: whole.every(({ passed }) => passed), results: whole };
  });
  return { passed: suites.every(({ passed }) => passed), suites, coverage };
}

function coverageResult({ percent, undecided }: Coverage, wanted: number): TestResult {
  const passed = percent >= wanted;
  const failures = passed ? [] : undecided.map((id) => `${id} decided nothing in any test`);
  const name = `at least ${wanted} % of the bundle's statements decide something`;
  return { name, passed, decisions: 0, failures: shownFailures(failures) };
}
