/** One of Anthropic's events, as it is on the wire. */
export const event = (type: string, fields: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

const begun = { input_tokens: 12, cache_read_input_tokens: 4, cache_creation_input_tokens: 0, output_tokens: 1 };
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x-1',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: begun,
};

/** A whole stream that says `ab`. */
export const messageStream = [
  event('message_start', { message }),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  event('ping'),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'a' } }),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'b' } }),
  event('content_block_stop', { index: 0 }),
  event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 9 } }),
  event('message_stop'),
];

/** The same as one message. */
export const plainMessage = JSON.stringify({
  ...message,
  content: [{ type: 'text', text: 'ab' }],
  stop_reason: 'end_turn',
  usage: { ...begun, output_tokens: 9 },
});
