import { billionthsOf } from '#libs/limits';
import { countAt } from '../body/count-at.js';
import { billionthsOfCost } from '../money/cost-of.js';
import { piecesAsked } from '../money/pieces.js';
import type { Reached } from '../pipeline/exchange.js';
import { noTokens, tokensPerCallMax } from '../providers/token-count.js';
import { tokensOfBytes } from '../relay/answer-reader.js';
import { requestBytesOf, type CompletedFacts } from '../records/completed-record.js';
import type { Need } from './reservation.js';
import type { Measure, TokenMeasure } from './rules-in-force.js';

/** Tokens that are set aside for an answer whose caller does not say how long it may get. */
export const OUTPUT_TOKENS_ASSUMED = 4_096;
/** How callers say how long an answer may get, by the surface; the one that is meant is whichever is greatest. */
const outputBounds = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const;
/** How many answers a caller asks for at once. */
const answerCounts = ['n', 'best_of'] as const;
const answersMax = 1_024;

const one: Need = { least: 1, most: 1 };

/** What a call that has not been sent needs of limits, by what they count; its tokens are reckoned once, however many rules ask. */
export function needsOf(state: Reached): (measure: Measure) => Need | undefined {
  let tokens: Tokens | undefined;
  return (measure) => {
    if (measure === 'requests' || measure === 'slots') return one;
    // It is answered at no charge.
    if (state.route.metering !== 'usage') return undefined;
    return needOf(measure, state, (tokens ??= tokensOf(state)));
  };
}

/** Undefined where it needs nothing. */
function needOf(measure: TokenMeasure, state: Reached, { input, output, isBound }: Tokens): Need | undefined {
  const amount = measure === 'tokens' ? (out: number) => input + out : (out: number) => mostCostAt(state, input, out);
  const most = amount(output);
  // A guess is set aside as far as there is so much left: a small limit would let nobody through else.
  return most === 0 ? undefined : { least: Math.max(1, isBound ? most : amount(0)), most };
}

/** What a stream has used of a limit once it has carried so many tokens; its upstream has not said yet how many they were. */
export function usedSoFarOf(state: Reached): (measure: TokenMeasure, outputTokens: number) => number {
  const { input } = tokensOf(state);
  return (measure, output) => (measure === 'tokens' ? input + output : costAt(state, input, output));
}

/** What a call used of a limit. */
export function usedOf(measure: Measure, { input_tokens: input, output_tokens: output, cost }: CompletedFacts): number {
  if (measure === 'requests') return 1;
  // It is free again.
  if (measure === 'slots') return 0;
  return measure === 'tokens' ? input + output : billionthsOf(cost);
}

type Tokens = { readonly input: number; readonly output: number; readonly isBound: boolean };

/** Of the body by its bytes: nothing is tokenised here. Of the answer what the caller allows; else a guess. */
function tokensOf(state: Reached): Tokens {
  const input = Math.max(1, tokensOfBytes(requestBytesOf(state)));
  const { form } = state.target.endpoint;
  // Vectors, verdicts, pictures and sounds are no tokens.
  if (form === 'plain' || form === 'media') return { input, output: 0, isBound: true };
  const allowed = greatestOf(state, outputBounds, tokensPerCallMax) ?? 0;
  const answers = greatestOf(state, answerCounts, answersMax) ?? 1;
  const output = Math.min(tokensPerCallMax, answers * (allowed > 0 ? allowed : OUTPUT_TOKENS_ASSUMED));
  return { input, output, isBound: allowed > 0 };
}

/** Of the fields that say a number; most calls have none of them. */
function greatestOf(state: Reached, fields: readonly string[], most: number): number | undefined {
  let greatest: number | undefined;
  for (const field of fields) {
    const count = countAt(state, field, most);
    if (count !== undefined && count > (greatest ?? 0)) greatest = count;
  }
  return greatest;
}

/** What a cache is written for may cost more than other input: all of it might be. */
function mostCostAt(state: Reached, input: number, output: number): number {
  const plain = costAt(state, input, output);
  // Nobody else tells of what was written.
  const mayWrite = state.target.endpoint.form === 'messages' && state.model.cost?.cacheWritePerMillion !== undefined;
  return mayWrite ? Math.max(plain, costAt(state, input, output, input)) : plain;
}

function costAt(state: Reached, inputTokens: number, outputTokens: number, cacheWriteTokens = 0): number {
  const usage = { ...noTokens, inputTokens, outputTokens, cacheWriteTokens };
  return billionthsOfCost(usage, state.model.cost, piecesAsked(state));
}
