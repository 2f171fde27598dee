import type { TokenUsage } from '../provider.js';

/** No single call uses more; a larger figure is an upstream's mistake or its attack on a budget. */
export const tokensPerCallMax = 100_000_000;

/**
 * OpenAI's usage object. A figure that is negative, no whole number, beyond reason, or not there makes the whole report
 * unusable: half of a wrong report is not right. Explicit zero is zero.
 */
export function usage(reported: unknown): TokenUsage | undefined {
  if (!isRecord(reported)) return undefined;
  const inputTokens = count(reported.prompt_tokens);
  // Embeddings have no completion.
  const outputTokens = reported.completion_tokens === undefined ? 0 : count(reported.completion_tokens);
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const cached = isRecord(reported.prompt_tokens_details) ? count(reported.prompt_tokens_details.cached_tokens) : 0;
  const details = reported.completion_tokens_details;
  const reasoning = isRecord(details) ? count(details.reasoning_tokens) : 0;
  return {
    inputTokens,
    outputTokens,
    // Parts of the whole: what is more than the whole credits nobody.
    cachedInputTokens: Math.min(cached ?? 0, inputTokens),
    reasoningTokens: Math.min(reasoning ?? 0, outputTokens),
  };
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= tokensPerCallMax
    ? value
    : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}
