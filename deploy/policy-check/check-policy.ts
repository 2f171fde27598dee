import { compile, CompileError, runPolicyTests, type SuiteResult, type TestReport } from '#libs/decision-engine';
import {
  checkBundle,
  mergedSet,
  PLATFORM,
  type CheckedBundle,
  type Finding,
  type SourceFile,
} from '#libs/policy-language';

/** The bundle to check, and what is to be taken for what is in force. */
export type Checking = {
  readonly bundle: readonly SourceFile[];
  readonly current?: readonly SourceFile[] | undefined;
  readonly platform?: readonly SourceFile[] | undefined;
  readonly nowMs: number;
};

/** Lint and tests in one report, warnings apart. */
export type Checked = TestReport & { readonly warnings: readonly Finding[] };

const NO_COVERAGE = { statements: 0, decided: 0, percent: 0, undecided: [] };

/** Checks a bundle as the service does, knowing nothing but the files. */
export function checkPolicy({ bundle, current, platform = [], nowMs }: Checking): Checked {
  const shared =
    platform.length > 0 ? checkBundle(platform, { tenantDocuments: [], platformDocuments: [] }) : undefined;
  const platformDocuments = shared?.documents ?? [];
  const before = current && checkBundle(current, { tenantDocuments: [], platformDocuments });
  const tenantDocuments = before?.documents ?? [];
  const checked = checkBundle(bundle, { tenantDocuments, platformDocuments });
  const lint = lintSuite({ 'the bundle': checked, 'what is in force': before, 'the platform': shared });
  const { tenant = PLATFORM, warnings } = checked;
  if (!lint.passed) return { passed: false, suites: [lint], coverage: NO_COVERAGE, warnings };
  const snapshotOf = (documents: CheckedBundle['documents']) =>
    compile({ tenant, documents, platformDocuments, policyRevision: 0, platformRevision: 0 });
  try {
    const report = runPolicyTests({
      tests: checked.tests,
      documents: checked.documents,
      snapshot: snapshotOf(mergedSet(tenantDocuments, checked.documents)),
      current: current && snapshotOf(tenantDocuments),
      nowMs,
    });
    return { ...report, suites: [lint, ...report.suites], warnings };
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const failed = { name: 'the set compiles', passed: false, decisions: 0, failures: [error.message] };
    const suite = { ...lint, passed: false, results: [...lint.results, failed] };
    return { passed: false, suites: [suite], coverage: NO_COVERAGE, warnings };
  }
}

function lintSuite(parts: Readonly<Record<string, CheckedBundle | undefined>>): SuiteResult {
  const results = Object.entries(parts).flatMap(([name, checked]) => {
    if (!checked) return [];
    const failures = checked.errors.map(sentence);
    return [{ name: `${name} has no mistakes`, passed: failures.length === 0, decisions: 0, failures }];
  });
  return { name: 'lint', passed: results.every(({ passed }) => passed), results };
}

/** `roles.yaml:3:7 There is no action "model:invok". Did you mean …?` */
export const sentence = ({ file, line, column, message, suggestion }: Finding): string =>
  `${file}:${line}:${column} ${message}${suggestion ? ` ${suggestion}` : ''}`;
