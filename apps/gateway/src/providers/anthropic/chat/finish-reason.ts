const reasons: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'content_filter',
};

/** OpenAI's name for why an answer of Anthropic's ended; a reason that is new there ended it somehow. */
export function finishReason(stopReason: unknown): string {
  return (typeof stopReason === 'string' && Object.hasOwn(reasons, stopReason) && reasons[stopReason]) || 'stop';
}
