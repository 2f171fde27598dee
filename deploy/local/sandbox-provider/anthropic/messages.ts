import { sendAnswer, sendEvents, type Call } from '../answer.js';
import { nextId } from '../openai/openai.js';
import { textOf, tokensOf, wordsOf } from '../text.js';

/** POST /v1/messages, plain and streamed. */
export function messages(call: Call): void | Promise<void> {
  const words = wordsOf(call.model, call.behaviour.chunks);
  const id = nextId('msg');
  if (call.body.stream === true) return sendEvents(call, events(call, id, words));
  const content = [{ type: 'text', text: words.join('') }];
  const end = { stop_reason: 'end_turn', stop_sequence: null, usage: usageOf(call, tokensOf(words.join(''))) };
  return sendAnswer(call, { id, type: 'message', role: 'assistant', model: call.model, content, ...end });
}

/** POST /v1/messages/count_tokens */
export function countTokens(call: Call): void {
  return sendAnswer(call, { input_tokens: inputTokens(call) });
}

/** Anthropic's error object for a status that the model is told to answer. */
export function anthropicError(status: number, message = `The sandbox was told to answer ${status}.`) {
  const names: Record<number, string> = {
    401: 'authentication_error',
    404: 'not_found_error',
    429: 'rate_limit_error',
  };
  const type = names[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return { type: 'error', error: { type, message } };
}

function inputTokens({ body }: Call): number {
  return tokensOf(textOf(body.system) + textOf(body.messages));
}

function usageOf(call: Call, outputTokens: number): unknown {
  if (call.behaviour.usage !== undefined) return call.behaviour.usage ?? undefined;
  return { input_tokens: inputTokens(call), output_tokens: outputTokens };
}

function* events(call: Call, id: string, words: readonly string[]): Generator<string> {
  const event = (type: string, fields: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const end = { stop_reason: null, stop_sequence: null, usage: usageOf(call, 1) };
  const message = { id, type: 'message', role: 'assistant', model: call.model, content: [], ...end };
  yield event('message_start', { message });
  yield event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
  for (const text of words) yield event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
  yield event('content_block_stop', { index: 0 });
  const usage = usageOf(call, tokensOf(words.join('')));
  yield event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage });
  yield event('message_stop', {});
}
