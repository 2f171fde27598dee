import type { TestReport } from './report.js';

/** For people: one line for each result, what failed below it, and the coverage. */
export function treeOutput({ suites, coverage }: TestReport): string {
  const lines: string[] = [];
  for (const { name, results } of suites) {
    lines.push(name);
    for (const { name: test, passed, failures } of results) {
      lines.push(`  ${passed ? '✓' : '✗'} ${test}`, ...failures.map((failure) => `      ${failure}`));
    }
  }
  const results = suites.flatMap((suite) => suite.results);
  const failed = results.filter(({ passed }) => !passed).length;
  lines.push(`${results.length - failed} passed, ${failed} failed`);
  const { decided, statements, percent } = coverage;
  lines.push(`${decided} of ${statements} statements decided something (${percent.toFixed(1)} %)`);
  return `${lines.join('\n')}\n`;
}
