import type { CallCompleted } from '#libs/contracts';
import { costOf } from '../money/cost-of.js';
import { piecesUsed } from '../money/pieces.js';
import type { Reached } from '../pipeline/exchange.js';
import type { TokenUsage } from '../providers/provider.js';
import { noTokens } from '../providers/token-count.js';
import { estimatedUsage } from '../relay/answer-reader.js';
import type { RelayOutcome } from '../relay/relay-outcome.js';
import type { DecisionIdentity } from './decision-identity.js';

/** What the end of a call says beside its identity. */
export type CompletedFacts = Omit<CallCompleted, 'type' | 'replica' | 'boot' | 'seq' | keyof DecisionIdentity>;

const textCharactersMax = 256;

/** What an allowed call used, cost, and how it ended. `httpStatus` is what the caller was sent. */
export function completedFacts(
  state: Reached,
  ended: RelayOutcome,
  { httpStatus, latencyMs }: { httpStatus: number; latencyMs: number },
): CompletedFacts {
  const { usage, source } = usageOf(state, ended);
  const { model } = state;
  return {
    stream: state.call.stream,
    provider_name: model.provider ?? '',
    response_model: (ended.facts?.model ?? '').slice(0, textCharactersMax),
    input_tokens: usage.inputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
    // What was not answered, or is free, has no price by the request either.
    cost: source === 'none' ? '0' : costOf(usage, model.cost, piecesUsed(state, ended.facts)),
    currency: model.cost?.currency ?? '',
    usage_source: source,
    latency_ms: microsecondsKept(latencyMs),
    time_to_first_token_ms: microsecondsKept(ended.firstByteMs),
    http_status: httpStatus,
    source: ended.refusal ? 'gateway' : 'upstream',
    outcome: ended.outcome,
    error_type: ended.errorType,
    error_message: (ended.refusal ?? ended.cut)?.message ?? '',
    finish_reason: (ended.facts?.finishReason ?? '').slice(0, textCharactersMax),
  };
}

/** No clock here is finer, and figures of 17 digits are longer than what they say. */
function microsecondsKept(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/**
 * What the upstream reported, where it can be true. Otherwise a guess, so that a report that is missing or hostile
 * credits nobody; for an answer that is an error, and for a call that never got through, nothing. One that was not answered
 * in time may have been worked on: what was asked is reckoned.
 */
function usageOf(state: Reached, ended: RelayOutcome): { usage: TokenUsage; source: CallCompleted['usage_source'] } {
  const { facts, outcome, status } = ended;
  if (state.route.metering === 'free') return { usage: noTokens, source: 'none' };
  const reported = state.target.endpoint.usage(facts?.usage);
  if (reported) return { usage: reported, source: 'upstream' };
  const isUnanswered = ended.isInDoubt === true;
  if (!isUnanswered && (outcome === 'failed' || status >= 400)) return { usage: noTokens, source: 'none' };
  // Vectors, verdicts, pictures and sounds are no tokens; whoever left before the first byte may still have used what was asked.
  const { form } = state.target.endpoint;
  const output = form === 'plain' || form === 'media' ? 0 : (facts?.outputTokensEstimated ?? 0);
  return { usage: estimatedUsage(requestBytesOf(state), output), source: 'estimated' };
}

/**
 * What of a request tokens are reckoned from. Of a form only its texts: nothing is known of what a picture or a sound
 * comes to, and its bytes say nothing of that. What a stored prompt put into a body counts as what the caller put there.
 */
export function requestBytesOf({ body, call, edits = [] }: Reached): number {
  const own = call.form?.textBytes ?? body.bytes.length;
  return edits.reduce((length, { text }) => length + text.length, own);
}
