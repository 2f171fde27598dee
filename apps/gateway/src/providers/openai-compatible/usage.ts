import type { TokenUsage } from '../provider.js';
import { durationMs } from '../duration.js';
import { isRecord, noTokens, partOf, tokenCount } from '../token-count.js';

/**
 * OpenAI's usage object of completions and embeddings. A figure that is negative, no whole number, beyond reason, or not
 * there makes the whole report unusable: half of a wrong report is not right. Explicit zero is zero.
 */
export function usage(reported: unknown): TokenUsage | undefined {
  if (!isRecord(reported)) return undefined;
  const inputTokens = tokenCount(reported.prompt_tokens);
  // Embeddings have no completion.
  const outputTokens = reported.completion_tokens === undefined ? 0 : tokenCount(reported.completion_tokens);
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  return {
    ...noTokens,
    inputTokens,
    outputTokens,
    cachedInputTokens: partOf(inputTokens, reported.prompt_tokens_details, 'cached_tokens'),
    reasoningTokens: partOf(outputTokens, reported.completion_tokens_details, 'reasoning_tokens'),
  };
}

/** OpenAI's usage object of responses, which has other names for the same; and the same rules. */
export function responseUsage(reported: unknown): TokenUsage | undefined {
  if (!isRecord(reported)) return undefined;
  const inputTokens = tokenCount(reported.input_tokens);
  const outputTokens = tokenCount(reported.output_tokens);
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  return {
    ...noTokens,
    inputTokens,
    outputTokens,
    cachedInputTokens: partOf(inputTokens, reported.input_tokens_details, 'cached_tokens'),
    reasoningTokens: partOf(outputTokens, reported.output_tokens_details, 'reasoning_tokens'),
  };
}

/** The same of images and sounds; what is billed by its duration has no tokens, and says so. */
export function mediaUsage(reported: unknown): TokenUsage | undefined {
  return durationMs(reported) === undefined ? responseUsage(reported) : noTokens;
}
