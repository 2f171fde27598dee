import type { TokenUsage } from '../providers/provider.js';
import { noTokens } from '../providers/token-count.js';

/** What is known of an answer when it begins. */
export type AnswerStart = {
  readonly status: number;
  readonly isStream: boolean;
  readonly isCompressed: boolean;
  /** As the upstream named it; empty where it did not. */
  readonly contentType: string;
};

/** What an answer told about itself once it is over, or was cut. */
export type AnswerFacts = {
  /** As reported, unread: the provider judges it. */
  readonly usage: unknown;
  readonly model: string;
  readonly finishReason: string;
  /** Whether the answer came to its own end; a stream that merely stops did not. */
  readonly isWhole: boolean;
  /** A guess at what was generated, for when nothing usable is reported. */
  readonly outputTokensEstimated: number;
};

/** Watches an answer on its way through. Bounded in memory, and never in the way of the first byte. */
export abstract class AnswerReader {
  /** What goes on to the caller of this chunk; undefined for nothing. */
  abstract push(chunk: Buffer): Buffer | undefined;
  /** What was held back, at the end. */
  abstract rest(): Buffer | undefined;
  abstract facts(): AnswerFacts;
  /** The guess of `facts` at what was generated, as far as the answer has come. */
  abstract outputTokensSoFar(): number;
}

const bytesPerToken = 4;

/** Four bytes to a token: wrong for every tokenizer, linear on every input. */
export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken);
}

/** The most bytes that so many tokens were guessed from. */
export function bytesOfTokens(tokens: number): number {
  return tokens * bytesPerToken;
}

export function estimatedUsage(requestBytes: number, outputTokens: number): TokenUsage {
  return { ...noTokens, inputTokens: tokensOfBytes(requestBytes), outputTokens };
}
