import { skipSpace, skipString, skipValue } from '../body/json-value.js';
import { valueOf, type Span } from '../body/scan-object.js';
import { AnswerReader, tokensOfBytes, type AnswerFacts } from './answer-reader.js';

/** Answers up to this size are looked through whole; of longer ones (vectors) only the end is kept. */
const wholeBytesMax = 64 * 1024;
const tailBytesMax = 16 * 1024;
const textBytesMax = 256;

/** An answer in one piece of JSON. Every byte goes on as it came. */
export class PlainReader extends AnswerReader {
  private kept: Buffer[] = [];
  private keptBytes = 0;
  private bytes = 0;

  push(chunk: Buffer): Buffer {
    this.bytes += chunk.length;
    this.kept.push(chunk);
    this.keptBytes += chunk.length;
    if (this.bytes > wholeBytesMax) this.trim();
    return chunk;
  }

  rest(): undefined {
    return undefined;
  }

  facts(): AnswerFacts {
    const bytes = this.kept.length === 1 && this.kept[0] ? this.kept[0] : Buffer.concat(this.kept);
    const read = this.bytes === bytes.length ? readWhole(bytes) : readTail(bytes);
    return { isWhole: true, outputTokensEstimated: this.outputTokensSoFar(), ...read };
  }

  outputTokensSoFar(): number {
    return tokensOfBytes(this.bytes);
  }

  private trim(): void {
    while (this.kept.length > 1 && this.keptBytes - (this.kept[0]?.length ?? 0) >= tailBytesMax) {
      this.keptBytes -= this.kept.shift()?.length ?? 0;
    }
  }
}

type Read = Pick<AnswerFacts, 'usage' | 'model' | 'finishReason'>;

/** Parsed as a whole: for answers of a few kilobytes that costs less than looking for three fields. */
function readWhole(bytes: Buffer): Read {
  const parsed = valueOf(bytes, { start: 0, end: bytes.length });
  if (parsed === null || typeof parsed !== 'object') return { usage: undefined, model: '', finishReason: '' };
  const { usage, model, choices, stop_reason: stopped, status } = parsed as Record<string, unknown>;
  const [choice] = Array.isArray(choices) ? (choices as unknown[]) : [];
  const { finish_reason: finished } = (choice ?? {}) as { finish_reason?: unknown };
  // As completions, messages and responses have it.
  const reason = finished ?? stopped ?? status;
  const short = (text: unknown) => (typeof text === 'string' ? text.slice(0, textBytesMax) : '');
  return { usage, model: short(model), finishReason: short(reason) };
}

/** A short text's content as it stands; escapes in a model's name or a finish reason mean nothing to anybody. */
function textOf(bytes: Buffer, { start, end }: Span): string {
  return bytes[start] === 0x22 ? bytes.toString('utf8', start + 1, Math.min(end - 1, start + 1 + textBytesMax)) : '';
}

/** Inside JSON texts quotes are escaped, so what is found by its quotes is a key. */
function readTail(bytes: Buffer): Read {
  const read = { model: '', finishReason: textAfter(bytes, '"finish_reason"') || textAfter(bytes, '"stop_reason"') };
  for (let at = bytes.lastIndexOf('"usage"'); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf('"usage"', at - 1)) {
    const start = valueAfter(bytes, at + 7);
    const end = bytes[start] === 0x7b ? skipValue(bytes, start) : -1;
    if (end >= 0) return { ...read, usage: valueOf(bytes, { start, end }) };
  }
  return { ...read, usage: undefined };
}

/** The last short text that stands as value of a quoted key; empty where there is none. */
export function textAfter(bytes: Buffer, key: string): string {
  for (let at = bytes.lastIndexOf(key); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(key, at - 1)) {
    const start = valueAfter(bytes, at + key.length);
    const end = bytes[start] === 0x22 ? skipString(bytes, start) : -1;
    if (end >= 0) return textOf(bytes, { start, end });
  }
  return '';
}

/** First byte of the value of the key that ends before `at`; -1 where no colon follows. */
function valueAfter(bytes: Buffer, at: number): number {
  const colon = skipSpace(bytes, at);
  return bytes[colon] === 0x3a ? skipSpace(bytes, colon + 1) : -1;
}
