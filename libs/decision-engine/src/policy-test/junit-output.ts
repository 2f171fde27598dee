import type { SuiteResult, TestReport } from './report.js';

/** For build servers: one `testsuite` per PolicyTest, one `testcase` per result. */
export function junitOutput({ suites }: TestReport): string {
  const counts = (results: SuiteResult['results']) => {
    return `tests="${results.length}" failures="${results.filter(({ passed }) => !passed).length}"`;
  };
  const body = suites.flatMap(({ name, results }) => [
    `  <testsuite name="${escape(name)}" ${counts(results)}>`,
    ...results.flatMap(({ name: test, failures }) => {
      const open = `    <testcase classname="${escape(name)}" name="${escape(test)}"`;
      if (failures.length === 0) return [`${open}/>`];
      const failure = `<failure message="${escape(failures[0] ?? '')}">${escape(failures.join('\n'))}</failure>`;
      return [`${open}>`, `      ${failure}`, '    </testcase>'];
    }),
    '  </testsuite>',
  ]);
  const all = suites.flatMap(({ results }) => results);
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites ${counts(all)}>`, ...body, '</testsuites>', ''].join(
    '\n',
  );
}

/** What XML 1.0 cannot hold at all is replaced. */
const NO_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escape = (text: string) =>
  text.replaceAll(NO_XML, '\u{fffd}').replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
