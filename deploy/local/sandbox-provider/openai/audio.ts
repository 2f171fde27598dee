import { createHash } from 'node:crypto';
import { sendAnswer, sendBytes, sendEvents, type Call } from '../answer.js';
import { textOf, tokensOf } from '../text.js';

/** POST /v1/audio/speech: sounds that hang on the text alone, in one piece or as events. */
export function speech(call: Call): void | Promise<void> {
  const input = textOf(call.body.input);
  const sound = createHash('sha512').update(input).digest();
  if (call.body.stream_format !== 'sse') return sendBytes(call, 'audio/mpeg', sound);
  const usage = usageOf(call, tokensOf(input), sound.length);
  const delta = { type: 'speech.audio.delta', audio: sound.toString('base64') };
  return sendEvents(call, [eventOf(delta), eventOf({ type: 'speech.audio.done', usage })]);
}

/** POST /v1/audio/transcriptions and /translations: texts that tell which bytes were heard. */
export function transcripts(call: Call): void | Promise<void> {
  const { body, files, model } = call;
  const [file = Buffer.alloc(0)] = files.get('file') ?? [];
  const heard = createHash('sha256').update(file).digest('hex').slice(0, 16);
  const text = `Sandbox(${model}) heard ${file.length} bytes ${heard}`;
  const usage = usageOf(call, tokensOf(textOf(body.prompt)) + file.length, tokensOf(text));
  if (body.stream === 'true') {
    const events = [
      { type: 'transcript.text.delta', delta: text },
      { type: 'transcript.text.done', text, usage },
    ];
    return sendEvents(call, events.map(eventOf));
  }
  return body.response_format === 'text'
    ? sendBytes(call, 'text/plain', Buffer.from(text))
    : sendAnswer(call, { text, usage });
}

function usageOf({ behaviour }: Call, input: number, output: number): unknown {
  if (behaviour.usage !== undefined) return behaviour.usage ?? undefined;
  return { type: 'tokens', input_tokens: input, output_tokens: output, total_tokens: input + output };
}

function eventOf(event: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
