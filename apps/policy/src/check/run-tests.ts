import { compile, CompileError, runPolicyTests, type Principal, type TestReport } from '#libs/decision-engine';
import type { PolicyDocument, PolicyTest } from '#libs/policy-language';

/** Decisions that one check makes at most: it runs on the thread that serves. */
const DECISIONS_MAX = 100_000;

type Run = {
  readonly tenantId: string;
  readonly inForce: readonly PolicyDocument[];
  readonly after: readonly PolicyDocument[];
  readonly platform: readonly PolicyDocument[];
  readonly documents: readonly PolicyDocument[];
  readonly tests: readonly PolicyTest[];
  readonly principals: readonly Principal[];
  readonly nowMs: number;
};

/** Runs a bundle's tests on the set that it would make, beside the one in force. A set that does not compile has failed. */
export function runTests({ tenantId, inForce, after, platform, ...run }: Run): TestReport {
  const snapshotOf = (documents: readonly PolicyDocument[]) => {
    const revisions = { policyRevision: 0, platformRevision: 0 };
    return compile({ tenant: tenantId, documents, platformDocuments: platform, ...revisions });
  };
  try {
    const [snapshot, current] = [snapshotOf(after), snapshotOf(inForce)];
    return runPolicyTests({ ...run, snapshot, current, decisionsMax: DECISIONS_MAX });
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const results = [{ name: 'the set compiles', passed: false, decisions: 0, failures: [error.message] }];
    const coverage = { statements: 0, decided: 0, percent: 0, undecided: [] };
    return { passed: false, suites: [{ name: 'compilation', passed: false, results }], coverage };
  }
}
