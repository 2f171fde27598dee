import { sendAnswer, sendEvents, type Call } from '../answer.js';
import { textOf, tokensOf, wordsOf } from '../text.js';
import { created, nextId } from './openai.js';

/** POST /v1/responses, plain and streamed: one message of text. */
export function responses(call: Call): void | Promise<void> {
  const words = wordsOf(call.model, call.behaviour.chunks);
  const id = nextId('resp');
  if (call.body.stream === true) return sendEvents(call, events(call, id, words));
  return sendAnswer(call, finished(call, id, words));
}

function finished(call: Call, id: string, words: readonly string[]) {
  const text = { type: 'output_text', text: words.join(''), annotations: [] };
  const message = { type: 'message', id: `msg-${id}`, status: 'completed', role: 'assistant', content: [text] };
  const base = { id, object: 'response', created_at: created, status: 'completed', model: call.model };
  return { ...base, output: [message], usage: usageOf(call, words) };
}

function usageOf({ behaviour, body }: Call, words: readonly string[]): unknown {
  if (behaviour.usage !== undefined) return behaviour.usage ?? undefined;
  const inputTokens = tokensOf(textOf(body.instructions) + textOf(body.input));
  const outputTokens = tokensOf(words.join(''));
  return { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}

function* events(call: Call, id: string, words: readonly string[]): Generator<string> {
  let number = 0;
  const event = (type: string, fields: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...fields })}\n\n`;
  const response = finished(call, id, words);
  const started = { ...response, status: 'in_progress', output: [], usage: null };
  yield event('response.created', { response: started });
  const [message] = response.output;
  const item = { output_index: 0 };
  yield event('response.output_item.added', { ...item, item: { ...message, status: 'in_progress', content: [] } });
  const at = { ...item, item_id: `msg-${id}`, content_index: 0 };
  yield event('response.content_part.added', { ...at, part: { type: 'output_text', text: '', annotations: [] } });
  for (const delta of words) yield event('response.output_text.delta', { ...at, delta });
  yield event('response.output_text.done', { ...at, text: words.join('') });
  yield event('response.content_part.done', { ...at, part: message?.content[0] });
  yield event('response.output_item.done', { ...item, item: message });
  yield event('response.completed', { response });
}
