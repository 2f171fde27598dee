import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
// @ts-expect-error: plain JavaScript, because it runs before anything is compiled.
import { countsOf, phrase, sum } from './counts.mjs';

function reportOf(content: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-counts-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'report.json'), JSON.stringify(content));
  return join(folder, 'report.json');
}
const totals = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1 };

it('counts a file that could not be loaded as a failure, though it holds no failed test', () => {
  const testResults = [
    { status: 'failed', assertionResults: [] },
    { status: 'passed', assertionResults: [{ status: 'passed' }] },
  ];
  expect(countsOf(reportOf({ ...totals, testResults }))).toEqual({ passed: 3, failed: 1, skipped: 2 });
});

it('sums projects, and has nothing to say about one without a report', () => {
  const one = countsOf(reportOf({ ...totals, testResults: [] }));
  expect(phrase(sum([one, one]))).toBe('6 passed, 0 failed, 4 skipped');
  expect(countsOf('/nowhere/report.json')).toBeUndefined();
});
