import type { Dispatcher } from 'undici';
import type { AnswerForm } from '../providers/provider.js';
import type { Dialect } from '../routes/route.js';
import type { FailureCause } from '../routing/fallback-cause.js';

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
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /**
   * Whether the call goes on elsewhere after this. Where set, nothing is written to the caller before the first bytes of
   * content are there.
   */
  readonly goesOnAfter?: ((cause: FailureCause) => boolean) | undefined;
  readonly firstTokenTimeoutMs?: number | undefined;
  readonly attemptTimeoutMs?: number | undefined;
};
