import type { TestReport } from '#libs/decision-engine';
import type { Finding, ParsedBundle } from '#libs/policy-language';

/** What did not hold, each at the place where the bundle asks for it. The suites stand in the order of the tests. */
export function failedTests({ sources }: ParsedBundle, { suites }: TestReport): readonly Finding[] {
  const tested = sources.filter(({ test }) => test !== undefined);
  return suites.flatMap(({ results }, n) => {
    const source = tested[n];
    const cases = source?.test?.tests?.length ?? 0;
    const invariants = source?.test?.invariants?.length ?? 0;
    return results.flatMap(({ name, passed, failures }, i) => {
      if (passed || !source) return [];
      const path = placeOf(i, cases, invariants);
      return [source.finding({ path, rule: 'test-failed', message: `${name}: ${failures.join('; ')}` })];
    });
  });
}

function placeOf(result: number, cases: number, invariants: number) {
  if (result < cases) return ['tests', result];
  return result < cases + invariants ? ['invariants', result - cases] : ['options', 'coverage'];
}
