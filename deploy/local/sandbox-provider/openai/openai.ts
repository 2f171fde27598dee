import type { Call } from '../answer.js';
import type { ModelBehaviour } from '../control/model-behaviour.js';
import { tokensOf } from '../text.js';

/** Equal on every run: answers can be compared byte for byte. */
export const created = 1_700_000_000;

let ids = 0;
export function nextId(prefix: string): string {
  ids += 1;
  return `${prefix}-sandbox${ids}`;
}

/** The usage to report: what the control API set, however wrong, else the counted one; undefined reports none. */
export function completionUsage(behaviour: ModelBehaviour, promptTokens: number, words: readonly string[]): unknown {
  if (behaviour.usage !== undefined) return behaviour.usage ?? undefined;
  const completionTokens = tokensOf(words.join(''));
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

export function includesUsage(call: Call): boolean {
  const options = call.body.stream_options as { include_usage?: unknown } | null | undefined;
  return options?.include_usage === true;
}

/** OpenAI's error object for a status that the model is told to answer. */
export function openAiError(status: number, message = `The sandbox was told to answer ${status}.`) {
  const type = status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error';
  return { error: { message, type, param: null, code: `sandbox_${status}` } };
}
