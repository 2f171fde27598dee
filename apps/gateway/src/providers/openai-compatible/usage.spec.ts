import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { tokensPerCallMax } from '../token-count.js';
import { responseUsage, usage } from './usage.js';

it('reads counts, cached and reasoning tokens', () => {
  const reported = {
    prompt_tokens: 10,
    completion_tokens: 20,
    prompt_tokens_details: { cached_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 5 },
  };
  const read = { inputTokens: 10, outputTokens: 20, cachedInputTokens: 4, cacheWriteTokens: 0, reasoningTokens: 5 };
  expect(usage(reported)).toEqual(read);
});

it('takes explicit zero as zero, and a missing completion as none', () => {
  const nothing = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
  expect(usage({ prompt_tokens: 0, completion_tokens: 0 })).toEqual(nothing);
  expect(usage({ prompt_tokens: 0, total_tokens: 0 })).toEqual(nothing);
});

it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e300, tokensPerCallMax + 1, '12', null, undefined, {}])(
  'does not use %s as a count',
  (hostile) => {
    expect(usage({ prompt_tokens: hostile, completion_tokens: 1 })).toBeUndefined();
    expect(usage({ prompt_tokens: 1, completion_tokens: hostile ?? null })).toBeUndefined();
  },
);

it('reads the other names that responses have for the same, by the same rules', () => {
  const details = { input_tokens_details: { cached_tokens: 99 }, output_tokens_details: { reasoning_tokens: 5 } };
  const read = { inputTokens: 10, outputTokens: 20, cachedInputTokens: 10, cacheWriteTokens: 0, reasoningTokens: 5 };
  expect(responseUsage({ input_tokens: 10, output_tokens: 20, ...details })).toEqual(read);
  for (const hostile of [-1, 1.5, Number.NaN, 1e300, '12', null, undefined]) {
    expect(responseUsage({ input_tokens: hostile, output_tokens: 1 })).toBeUndefined();
    expect(responseUsage({ input_tokens: 1, output_tokens: hostile })).toBeUndefined();
  }
});

it('never credits: whatever is reported, counts are whole, in bounds, and parts are no more than the whole', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.anything(), fc.anything(), (a, b, c, d) => {
      const details = {
        prompt_tokens_details: { cached_tokens: c },
        completion_tokens_details: { reasoning_tokens: d },
      };
      const read = usage({ prompt_tokens: a, completion_tokens: b, ...details });
      for (const count of Object.values(read ?? {})) expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
      expect(read?.cachedInputTokens ?? 0).toBeLessThanOrEqual(read?.inputTokens ?? 0);
    }),
  );
});
