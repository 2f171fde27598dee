import { createHash } from 'node:crypto';
import { sendAnswer, sendEvents, type Call } from '../answer.js';
import { textOf, tokensOf } from '../text.js';
import { created } from './openai.js';

const imagesMax = 10;
/** What one picture comes to, whatever its size. */
const tokensPerImage = 100;

/**
 * POST /v1/images/generations, /edits and /variations: pictures of a few bytes, which hang on the prompt and on every byte
 * that was uploaded, so that a test sees whether all of them arrived. Plain and streamed.
 */
export function images(call: Call): void | Promise<void> {
  const { body, files, behaviour } = call;
  const count = Math.min(Math.max(Number(body.n ?? 1) || 1, 1), imagesMax);
  const prompt = textOf(body.prompt);
  const uploads = [...files.values()].flat();
  const data = Array.from({ length: count }, (_, index) => ({ b64_json: pictureOf([prompt, index, ...uploads]) }));
  const usage = behaviour.usage === undefined ? usageOf(prompt, uploads.length, count) : (behaviour.usage ?? undefined);
  const isStreamed = body.stream === true || body.stream === 'true';
  return isStreamed
    ? sendEvents(call, events(data, usage, uploads.length > 0))
    : sendAnswer(call, { created, data, usage });
}

function usageOf(prompt: string, uploads: number, count: number) {
  const details = { text_tokens: tokensOf(prompt), image_tokens: uploads * tokensPerImage };
  const input = details.text_tokens + details.image_tokens;
  const output = count * tokensPerImage;
  return { input_tokens: input, output_tokens: output, total_tokens: input + output, input_tokens_details: details };
}

function* events(data: readonly { b64_json: string }[], usage: unknown, isEdit: boolean): Generator<string> {
  const name = isEdit ? 'image_edit' : 'image_generation';
  for (const picture of data) {
    for (const [type, more] of [
      ['partial_image', { partial_image_index: 0 }],
      ['completed', { usage }],
    ] as const) {
      const event = { type: `${name}.${type}`, created_at: created, ...picture, ...more };
      yield `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    }
  }
}

function pictureOf(parts: readonly (string | number | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(typeof part === 'number' ? String(part) : part);
  return hash.digest('base64');
}
