/** One thing that held or did not: a test, an invariant, or the coverage that was asked for. */
export type TestResult = {
  readonly name: string;
  readonly passed: boolean;
  /** Decisions that were made for it. */
  readonly decisions: number;
  /** What did not hold, one sentence each; the first few. */
  readonly failures: readonly string[];
};

/** The results of one PolicyTest document. */
export type SuiteResult = { readonly name: string; readonly passed: boolean; readonly results: readonly TestResult[] };

/** Which statements of a bundle decided something in some test. */
export type Coverage = {
  readonly statements: number;
  readonly decided: number;
  /** 0 to 100; 100 where there are no statements. */
  readonly percent: number;
  /** Ids of those that never did, sorted. */
  readonly undecided: readonly string[];
};

/** What the tests of a bundle came to. */
export type TestReport = {
  readonly passed: boolean;
  readonly suites: readonly SuiteResult[];
  readonly coverage: Coverage;
};

/** A result tells this many failures; further ones are counted. */
export const FAILURES_SHOWN_MAX = 20;

/** The first few of the failures, and how many more there are. */
export function shownFailures(failures: readonly string[]): readonly string[] {
  if (failures.length <= FAILURES_SHOWN_MAX) return failures;
  return [...failures.slice(0, FAILURES_SHOWN_MAX), `and ${failures.length - FAILURES_SHOWN_MAX} more`];
}
