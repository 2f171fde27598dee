import { isRecord } from '../providers/token-count.js';
import type { Translation } from '../providers/translation.js';
import { AnswerReader, tokensOfBytes, type AnswerFacts } from './answer-reader.js';

/** A longer answer is given up: it has to be held as a whole. */
const bytesMax = 16 * 1024 * 1024;
const textCharactersMax = 256;

/** An answer in one piece that goes on in another dialect: all of it at its end, or nothing. */
export class TranslatedAnswer extends AnswerReader {
  private parts: Buffer[] = [];
  private bytes = 0;
  private made: { readonly from: unknown; readonly to: Readonly<Record<string, unknown>> | undefined } | undefined;

  constructor(
    private readonly translation: Translation,
    private readonly isError: boolean,
    private readonly createdSeconds: number,
  ) {
    super();
  }

  push(chunk: Buffer): undefined {
    this.bytes += chunk.length;
    if (this.bytes > bytesMax) this.parts = [];
    else this.parts.push(chunk);
  }

  rest(): Buffer | undefined {
    const { to } = this.translated();
    return to && Buffer.from(JSON.stringify(to));
  }

  facts(): AnswerFacts {
    const { from, to } = this.translated();
    const answer = isRecord(from) ? from : {};
    return {
      usage: answer.usage,
      model: short(answer.model),
      finishReason: short(answer.stop_reason),
      isWhole: to !== undefined,
      outputTokensEstimated: this.outputTokensSoFar(),
    };
  }

  outputTokensSoFar(): number {
    return tokensOfBytes(this.bytes);
  }

  private translated() {
    this.made ??= this.translate();
    return this.made;
  }

  private translate(): NonNullable<typeof this.made> {
    const from = parsed(Buffer.concat(this.parts));
    if (this.isError) return { from, to: this.translation.error(from) };
    return { from, to: isRecord(from) ? this.translation.answer(from, this.createdSeconds) : undefined };
  }
}

const short = (value: unknown) => (typeof value === 'string' ? value.slice(0, textCharactersMax) : '');

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
