import { usage } from '../usage.js';

/** Anthropic's usage in OpenAI's form; undefined where its figures cannot be true. */
export function completionUsage(reported: unknown): Readonly<Record<string, unknown>> | undefined {
  const used = usage(reported);
  return (
    used && {
      prompt_tokens: used.inputTokens,
      completion_tokens: used.outputTokens,
      total_tokens: used.inputTokens + used.outputTokens,
      prompt_tokens_details: { cached_tokens: used.cachedInputTokens },
    }
  );
}
