import { AnswerReader, type AnswerFacts } from '../relay/answer-reader.js';
import type { KeptBytes } from './kept-bytes.js';

/** Keeps what a reader passes on, and changes nothing of it. */
export class KeptAnswer extends AnswerReader {
  constructor(
    private readonly reader: AnswerReader,
    private readonly bytes: KeptBytes,
  ) {
    super();
  }

  push(chunk: Buffer): Buffer | undefined {
    return this.keep(this.reader.push(chunk));
  }

  rest(): Buffer | undefined {
    return this.keep(this.reader.rest());
  }

  outputTokensSoFar(): number {
    return this.reader.outputTokensSoFar();
  }

  facts(): AnswerFacts {
    return this.reader.facts();
  }

  private keep(passed: Buffer | undefined): Buffer | undefined {
    if (passed) this.bytes.add(passed);
    return passed;
  }
}
