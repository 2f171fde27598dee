import { AnswerReader, tokensOfBytes, type AnswerFacts } from './answer-reader.js';

/** An answer that is not read: a picture, a sound, bare text, or what came compressed although nobody asked for that. */
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
    const outputTokensEstimated = this.outputTokensSoFar();
    return { usage: undefined, model: '', finishReason: '', isWhole: true, outputTokensEstimated };
  }

  outputTokensSoFar(): number {
    return tokensOfBytes(this.bytes);
  }
}
