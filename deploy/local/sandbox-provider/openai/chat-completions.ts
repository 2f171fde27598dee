import { sendAnswer, sendEvents, type Call } from '../answer.js';
import { textOf, tokensOf, wordsOf } from '../text.js';
import { completionUsage, created, includesUsage, nextId } from './openai.js';

/** POST /v1/chat/completions, plain and streamed. */
export function chatCompletions(call: Call): void | Promise<void> {
  const words = wordsOf(call.model, call.behaviour.chunks);
  const usage = completionUsage(call.behaviour, tokensOf(textOf(call.body.messages)), words);
  const id = nextId('chatcmpl');
  if (call.body.stream === true) return sendEvents(call, chunks(call, id, words, usage));
  return sendAnswer(call, {
    id,
    object: 'chat.completion',
    created,
    model: call.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: words.join(''), refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage,
  });
}

function* chunks(call: Call, id: string, words: readonly string[], usage: unknown): Generator<string> {
  const withUsage = includesUsage(call);
  const nothing = withUsage ? { usage: null } : {};
  const chunk = (delta: object, finish: string | null) =>
    event({ ...head(call, id), choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...nothing });
  for (const [index, content] of words.entries()) {
    yield chunk(index === 0 ? { role: 'assistant', content } : { content }, null);
  }
  yield chunk({}, 'stop');
  // What asked for usage gets it in one chunk more, without choices.
  if (withUsage && usage !== undefined) yield event({ ...head(call, id), choices: [], usage });
  yield 'data: [DONE]\n\n';
}

function head(call: Call, id: string) {
  return { id, object: 'chat.completion.chunk', created, model: call.model };
}

function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
