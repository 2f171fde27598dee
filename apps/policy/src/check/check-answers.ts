import { z } from 'zod';
import { ShownFinding } from '../apply/apply-answers.js';

const TestResult = z.strictObject({
  name: z.string(),
  passed: z.boolean(),
  decisions: z.int(),
  failures: z.array(z.string()),
});
const SuiteResult = z.strictObject({ name: z.string(), passed: z.boolean(), results: z.array(TestResult) });
const Coverage = z.strictObject({
  statements: z.int(),
  decided: z.int(),
  percent: z.number(),
  undecided: z.array(z.string()),
});

/** What a check came to; `tests` is null where mistakes kept them from running. */
export const ShownCheck = z
  .strictObject({
    object: z.literal('policy_check'),
    tenant: z.string(),
    passed: z.boolean(),
    errors: z.array(ShownFinding),
    warnings: z.array(ShownFinding),
    tests: z.strictObject({ passed: z.boolean(), suites: z.array(SuiteResult), coverage: Coverage }).nullable(),
  })
  .meta({ id: 'PolicyCheck' });
