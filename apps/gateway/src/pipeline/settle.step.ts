import { completedText } from '../records/call-texts.js';
import { completedFacts, type CompletedFacts } from '../records/completed-record.js';
import type { RelayOutcome } from '../relay/relay-outcome.js';
import { statusOfCode } from '../refusals/refusal.js';
import type { Reached } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

/** What caller and log are told about a client that left; there is no such status on the wire. */
const clientClosedRequest = 499;

/** Reckons what a call used and cost, and records its end. The decision was recorded before, under `identity`, or could not be; this never refuses. */
export function settleStep(
  { spool, logger, metrics }: Pick<GatewayParts, 'spool' | 'logger' | 'metrics'>,
  state: Reached,
  identity: string | undefined,
  ended: RelayOutcome,
): CompletedFacts {
  const latencyMs = performance.now() - state.begunMs;
  const facts = completedFacts(state, ended, { httpStatus: statusOf(ended), latencyMs });
  try {
    if (identity !== undefined) spool.appendJson(state.caller.tenantId, completedText(identity, facts), 'closes');
  } catch (error) {
    metrics.unrecorded.add(1, { reason: 'end of call' });
    logger.error({ err: error }, 'the end of a call could not be recorded');
  }
  metrics.calls.add(ended.outcome, state.route.operation);
  metrics.latency.observe(latencyMs / 1_000);
  return facts;
}

function statusOf({ refusal, outcome, status }: RelayOutcome): number {
  if (refusal) return statusOfCode(refusal.code);
  return status === 0 && outcome === 'cancelled' ? clientClosedRequest : status;
}
