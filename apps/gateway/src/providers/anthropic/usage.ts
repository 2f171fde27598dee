import type { TokenUsage } from '../provider.js';
import { isRecord, tokenCount } from '../token-count.js';

/**
 * Anthropic's usage object. `input_tokens` there are those outside of the cache; ours are all of them. A figure that
 * cannot be true makes the whole report unusable; what a cache is not asked for is left out or null.
 */
export function usage(reported: unknown): TokenUsage | undefined {
  if (!isRecord(reported)) return undefined;
  const [plain, outputTokens] = [tokenCount(reported.input_tokens), tokenCount(reported.output_tokens)];
  const [cacheWriteTokens, cachedInputTokens] = [
    tokenCount(reported.cache_creation_input_tokens ?? 0),
    tokenCount(reported.cache_read_input_tokens ?? 0),
  ];
  if (plain === undefined || outputTokens === undefined) return undefined;
  if (cacheWriteTokens === undefined || cachedInputTokens === undefined) return undefined;
  const inputTokens = plain + cacheWriteTokens + cachedInputTokens;
  return { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens, reasoningTokens: 0 };
}
