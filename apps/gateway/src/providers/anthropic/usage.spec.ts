import { expect, it } from 'vitest';
import { usage } from './usage.js';

const told = { input_tokens: 2, cache_creation_input_tokens: 7, cache_read_input_tokens: 4, output_tokens: 5 };
const read = { inputTokens: 13, cachedInputTokens: 4, cacheWriteTokens: 7, outputTokens: 5, reasoningTokens: 0 };

it('counts all input, and tells apart what a cache was read and written for', () => {
  expect(usage(told)).toEqual(read);
  const none = { ...told, cache_creation_input_tokens: null, cache_read_input_tokens: undefined };
  expect(usage(none)).toMatchObject({ inputTokens: 2, cachedInputTokens: 0, cacheWriteTokens: 0 });
});

it.each([-1, Number.NaN, Infinity, 1.5, 1e300, '7', {}])(
  'credits nobody by %s tokens that a cache was written for',
  (cache_creation_input_tokens) => expect(usage({ ...told, cache_creation_input_tokens })).toBeUndefined(),
);
