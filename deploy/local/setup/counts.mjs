import { existsSync, readFileSync } from 'node:fs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * What one vitest project counted, from its JSON report; a file that could not even be loaded counts as one failure.
 * Undefined when there is no report.
 * @returns {Counts | undefined}
 */
export function countsOf(report) {
  if (!existsSync(report)) return undefined;
  const { testResults, ...totals } = JSON.parse(readFileSync(report, 'utf8'));
  const unloadable = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: totals.numPassedTests,
    failed: totals.numFailedTests + unloadable.length,
    skipped: totals.numPendingTests + totals.numTodoTests,
  };
}

/** @returns {Counts} */
export function sum(counts) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const one of counts) for (const name of Object.keys(total)) total[name] += one[name];
  return total;
}

export function phrase({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
