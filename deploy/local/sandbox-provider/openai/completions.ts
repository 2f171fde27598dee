import { sendAnswer, sendEvents, type Call } from '../answer.js';
import { textOf, tokensOf, wordsOf } from '../text.js';
import { completionUsage, created, includesUsage, nextId } from './openai.js';

/** POST /v1/completions, plain and streamed. */
export function completions(call: Call): void | Promise<void> {
  const words = wordsOf(call.model, call.behaviour.chunks);
  const usage = completionUsage(call.behaviour, tokensOf(textOf(call.body.prompt)), words);
  const id = nextId('cmpl');
  if (call.body.stream === true) return sendEvents(call, chunks(call, id, words, usage));
  const choices = [{ index: 0, text: words.join(''), logprobs: null, finish_reason: 'stop' }];
  return sendAnswer(call, { id, object: 'text_completion', created, model: call.model, choices, usage });
}

function* chunks(call: Call, id: string, words: readonly string[], usage: unknown): Generator<string> {
  const head = { id, object: 'text_completion', created, model: call.model };
  const chunk = (text: string, finish: string | null) =>
    `data: ${JSON.stringify({ ...head, choices: [{ index: 0, text, logprobs: null, finish_reason: finish }] })}\n\n`;
  for (const word of words) yield chunk(word, null);
  yield chunk('', 'stop');
  if (includesUsage(call) && usage !== undefined) yield `data: ${JSON.stringify({ ...head, choices: [], usage })}\n\n`;
  yield 'data: [DONE]\n\n';
}
