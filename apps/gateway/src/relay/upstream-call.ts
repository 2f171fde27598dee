import type { Dispatcher } from 'undici';
import type { AnswerReader, AnswerStart } from './answer-reader.js';
import type { AnswerForm } from '../providers/provider.js';
import type { Translation } from '../providers/translation.js';
import type { AnswerCode } from '../refusals/refusal.js';
import type { Dialect } from '../routes/route.js';
import type { FailureCause } from '../routing/fallback-cause.js';

/** Why the gateway ends a stream before its upstream does: what its client is told, and `errorType`, which is on record. */
export type StreamEnd = { readonly code: AnswerCode; readonly message: string; readonly errorType: string };
/** Ends a stream in its client's form of an error. Does nothing once the stream is over. */
export type StreamCut = (end: StreamEnd) => void;

/** One request to an upstream, ready to be sent. */
export type UpstreamCall = {
  readonly dispatcher: Dispatcher;
  readonly path: string;
  /** Name and value in turn; nothing of the caller's is among them. */
  readonly headers: string[];
  readonly body: Buffer;
  readonly stream: boolean;
  readonly form: AnswerForm;
  /** In which the caller is told of a stream that broke. */
  readonly dialect: Dialect;
  /** The gateway asked for usage in the caller's place, and takes the answer to that out again. */
  readonly dropsUsage: boolean;
  /** More than one answer was asked for at once, so that one that is over does not end the stream. */
  readonly hasSeveralAnswers?: boolean;
  /** The upstream speaks another dialect than the caller, who may have asked for the usage of a stream. */
  readonly translation?: { readonly by: Translation; readonly wantsUsage: boolean } | undefined;
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /**
   * Whether the call goes on elsewhere after this, of an upstream that asks to wait so many ms. Where set, nothing is written to the caller before the first bytes of
   * content are there.
   */
  readonly goesOnAfter?: ((cause: FailureCause, retryAfterMs: number) => boolean) | undefined;
  readonly firstTokenTimeoutMs?: number | undefined;
  readonly attemptTimeoutMs?: number | undefined;
  /** Who keeps what its caller gets: answers a reader that does as the one it is given. */
  readonly contents?: { reading(reader: AnswerReader, start: AnswerStart): AnswerReader } | undefined;
  /** Told when a stream has begun, with what cuts it; what it answers is called at the stream's end. */
  readonly watch?: ((cut: StreamCut) => () => void) | undefined;
  /** Asked after each piece of a stream that has carried about so many tokens: what ends it there, if anything does. */
  readonly endsAt?: ((outputTokens: number) => StreamEnd | undefined) | undefined;
};
