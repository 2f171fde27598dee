import { isRecord } from '../../token-count.js';
import { finishReason } from './finish-reason.js';
import type { Json } from './json-at.js';
import { completionUsage } from './usage-form.js';

/** Anthropic's message as OpenAI's chat completion; undefined for what is no message. */
export function chatCompletion(message: Json, createdSeconds: number): Json | undefined {
  const { id, type, model, content, stop_reason: stopReason } = message;
  if (type !== 'message' || !Array.isArray(content)) return undefined;
  const blocks = content.filter(isRecord);
  const texts = blocks.flatMap((block) => (block.type === 'text' ? [String(block.text)] : []));
  const calls = blocks.filter((block) => block.type === 'tool_use').map(toolCall);
  const said = {
    role: 'assistant',
    content: texts.length > 0 ? texts.join('') : null,
    refusal: null,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  const usage = completionUsage(message.usage);
  return {
    id,
    object: 'chat.completion',
    created: createdSeconds,
    model,
    choices: [{ index: 0, message: said, logprobs: null, finish_reason: finishReason(stopReason) }],
    ...(usage && { usage }),
  };
}

function toolCall({ id, name, input }: Json): Json {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input ?? {}) } };
}
