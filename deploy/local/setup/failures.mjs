import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { checkout } from './run.mjs';

/** What is told at the end: of a log of which nobody sees more than the last lines. */
const TOLD_MAX = 6;
const LINES_MAX = 2;
const LINE_CHARS_MAX = 180;

/** @typedef {{ file: string, name: string, message: string }} Failure */

/**
 * What failed in one vitest project, by its JSON report: tests, and files that failed without one of their tests, which a
 * hook or the loading of the file did. Empty when there is no report.
 * @returns {Failure[]}
 */
export function failuresOf(report) {
  if (!existsSync(report)) return [];
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  return testResults.flatMap(({ status, name: path, message, assertionResults }) => {
    const file = relative(checkout, path);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length > 0) {
      return failed.map(({ fullName, failureMessages }) => ({
        file,
        name: fullName.trim(),
        message: failureMessages[0] ?? '',
      }));
    }
    return status === 'failed' ? [{ file, name: withoutTest(assertionResults), message }] : [];
  });
}

/** The report says nothing of a hook but the message; the first test that was skipped for it is near. */
function withoutTest(assertionResults) {
  const skipped = assertionResults.find(({ status }) => status !== 'passed');
  if (!skipped) return 'the file itself, or a hook';
  return `a hook before "${skipped.fullName.trim()}"`;
}

/** A few lines for each of the first failures, and how many more there are. */
export function told(failures) {
  const lines = failures
    .slice(0, TOLD_MAX)
    .flatMap(({ file, name, message }) => [cut(`FAILED  ${file} > ${name}`), ...firstLines(message)]);
  const left = failures.length - TOLD_MAX;
  return left > 0 ? [...lines, `… and ${left} more`] : lines;
}

function firstLines(message) {
  const lines = stripVTControlCharacters(message).split('\n');
  const said = lines.filter((line) => line.trim() !== '' && !/^\s+at /u.test(line));
  return said.slice(0, LINES_MAX).map((line) => cut(`        ${line.trim()}`));
}

function cut(line) {
  return line.length > LINE_CHARS_MAX ? `${line.slice(0, LINE_CHARS_MAX - 1)}…` : line;
}
