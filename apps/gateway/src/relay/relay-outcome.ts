import type { Led } from '../pipeline/exchange.js';
import type { Refusal } from '../refusals/refusal.js';
import type { AnswerFacts } from './answer-reader.js';
import type { StreamEnd } from './upstream-call.js';

/**
 * `retryAfterMs` is what the upstream asked to wait, 0 where it did not; Infinity for one that is not asked again. `to` is where, if
 * that is known already.
 */
export type GoingOn = { readonly retryAfterMs: number; readonly to?: Led };

/** How a call ended; names are those of `call.completed`. */
export type RelayOutcome = {
  /** `cancelled`: the caller left. `interrupted`: the upstream broke after its answer had begun. */
  readonly outcome: 'completed' | 'failed' | 'interrupted' | 'cancelled';
  /** Of the upstream's answer; 0 where none began. */
  readonly status: number;
  /** Set where nothing was sent to the caller yet: the pipeline answers this. */
  readonly refusal: Refusal | undefined;
  readonly errorType: string;
  /** What the answer told about itself; undefined where none began. */
  readonly facts: AnswerFacts | undefined;
  /** From the relay's start; 0 where none came. */
  readonly firstByteMs: number;
  /** Why the gateway ended what the upstream would have gone on with. */
  readonly cut?: StreamEnd | undefined;
  /** The call may go on to another target. */
  readonly goesOn?: GoingOn;
  /** The upstream was asked, and may have worked on it, though no answer came. */
  readonly isInDoubt?: boolean;
};
