import { Refusal } from '../refusals/refusal.js';
import type { RelayOutcome } from '../relay/relay-outcome.js';
import type { CallEnd } from '../upstreams/circuit.js';
import type { Pass } from '../upstreams/upstream-health.js';
import type { Reached, StepAnswer } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

/** Whether the model's upstream is well enough to be called; else it is left alone, and the caller told until when. */
export function enterStep({ health }: Pick<GatewayParts, 'health'>, { model, caller }: Reached): StepAnswer<Pass> {
  const waitMs = health.waitMs(caller.tenantId, model.name);
  if (waitMs === 0) return health.enter(caller.tenantId, model.name);
  const message = `The upstream of '${model.name}' fails, and is not called for a moment.`;
  const headers = { 'retry-after': String(Math.ceil(waitMs / 1_000)), 'retry-after-ms': String(Math.ceil(waitMs)) };
  return new Refusal('circuit_open', 'circuit_open', message, null, headers);
}

/** Gives the pass back; `ended` is undefined for a call that was not sent. */
export function leaveStep({ health }: Pick<GatewayParts, 'health'>, pass: Pass, ended: RelayOutcome | undefined): void {
  // A refusal may be fast, and says nothing of how fast answers are.
  const firstByteMs = ended?.outcome === 'completed' ? ended.firstByteMs : 0;
  health.leave(pass, ended ? endOf(ended) : 'unknown', firstByteMs);
}

/** What the end of a call says of its upstream. One that refuses a request, or asks to wait, is well. */
function endOf({ outcome, status, errorType, cut }: RelayOutcome): CallEnd {
  if (outcome === 'cancelled' || cut || errorType === 'internal_error') return 'unknown';
  if (outcome === 'interrupted') return 'failed';
  return outcome === 'completed' || (status >= 400 && status < 500) ? 'good' : 'failed';
}
