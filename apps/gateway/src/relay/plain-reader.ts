import { skipValue } from '../body/json-value.js';
import { scanObject, valueOf } from '../body/scan-object.js';
import { AnswerReader, tokensOfBytes, type AnswerFacts } from './answer-reader.js';

/** Answers up to this size are looked through whole; of longer ones (vectors) only the end is kept. */
const wholeBytesMax = 64 * 1024;
const tailBytesMax = 16 * 1024;
const keys = new Set(['usage', 'model', 'choices']);

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
    return { isWhole: true, outputTokensEstimated: tokensOfBytes(this.bytes), ...read };
  }

  private trim(): void {
    while (this.kept.length > 1 && this.keptBytes - (this.kept[0]?.length ?? 0) >= tailBytesMax) {
      this.keptBytes -= this.kept.shift()?.length ?? 0;
    }
  }
}

type Read = Pick<AnswerFacts, 'usage' | 'model' | 'finishReason'>;

function readWhole(bytes: Buffer): Read {
  const scanned = scanObject(bytes, keys);
  if (typeof scanned === 'string') return readTail(bytes);
  const { fields } = scanned;
  const usage = fields.get('usage');
  const model = fields.get('model');
  const choices = fields.get('choices');
  return {
    usage: usage && valueOf(bytes, usage),
    model: model ? String(valueOf(bytes, model)) : '',
    finishReason: choices ? textAfter(bytes.subarray(choices.start, choices.end), '"finish_reason"') : '',
  };
}

/** Inside JSON texts quotes are escaped, so what is found by its quotes is a key. */
function readTail(bytes: Buffer): Read {
  const read = { model: '', finishReason: textAfter(bytes, '"finish_reason"') };
  const at = bytes.lastIndexOf('"usage"');
  const start = at < 0 ? -1 : bytes.indexOf('{', at);
  const end = start < 0 ? -1 : skipValue(bytes, start);
  return { ...read, usage: end < 0 ? undefined : valueOf(bytes, { start, end }) };
}

/** The last short text that stands as value of a quoted key; empty where there is none. */
export function textAfter(bytes: Buffer, key: string): string {
  for (let at = bytes.lastIndexOf(key); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(key, at - 1)) {
    const found = /^\s*:\s*"([^"\\]{0,255})"/u.exec(bytes.toString('utf8', at + key.length, at + key.length + 300));
    if (found?.[1] !== undefined) return found[1];
  }
  return '';
}
