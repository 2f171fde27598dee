import { AnswerReader, tokensOfBytes, type AnswerFacts } from './answer-reader.js';

/** An answer that cannot be read, because it came compressed although nobody asked for that. */
export class PassReader extends AnswerReader {
  private bytes = 0;

  push(chunk: Buffer): Buffer {
    this.bytes += chunk.length;
    return chunk;
  }

  rest(): undefined {
    return undefined;
  }

  facts(): AnswerFacts {
    const outputTokensEstimated = tokensOfBytes(this.bytes);
    return { usage: undefined, model: '', finishReason: '', isWhole: true, outputTokensEstimated };
  }
}
