import { expect, it } from 'vitest';
import { messageEvents, responseEvents } from './event-forms.js';
import { EventReader, type EventForm } from './event-reader.js';

const event = (type: string, more: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  content: [],
  model: 'claude',
  usage: { input_tokens: 9 },
};
const claude = (text: string) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
const gpt = (delta: string) =>
  event('response.output_text.delta', { item_id: 'msg_1', output_index: 0, content_index: 0, delta, logprobs: [] });
const starts = {
  claude: event('message_start', { message }) + event('content_block_start', { index: 0 }) + event('ping', {}),
  gpt: event('response.created', { response: { id: 'resp_1', instructions: 'x'.repeat(2_000) } }),
};

/** What is reckoned of a stream that was cut after these deltas, by the chunks in which they came. */
function estimated(form: EventForm, chunks: readonly string[]): number {
  const reader = new EventReader(form);
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  return reader.facts().outputTokensEstimated;
}

it.each([
  ['Anthropic', messageEvents, starts.claude, claude],
  ['OpenAI', responseEvents, starts.gpt, gpt],
])('a stream of %s that is cut is reckoned by its events, not by the names in them', (_of, form, start, delta) => {
  const deltas = Array.from({ length: 100 }, (_, n) => delta(` word${n}`));
  for (const chunks of [[start, ...deltas], [[start, ...deltas].join('')]]) {
    expect(estimated(form, chunks)).toBeGreaterThanOrEqual(100);
    expect(estimated(form, chunks)).toBeLessThanOrEqual(130);
  }
});

it('an upstream that says much in one event does not say it for nothing', () => {
  expect(estimated(messageEvents, [starts.claude, claude('word '.repeat(4_000))])).toBeGreaterThanOrEqual(30);
});
