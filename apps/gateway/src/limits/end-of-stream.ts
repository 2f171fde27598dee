import type { Limited } from '../pipeline/exchange.js';
import type { StreamEnd } from '../relay/upstream-call.js';
import { usedSoFarOf } from './reckon-call.js';
import { limitEnd } from './told-limits.js';

/** What a stream sets aside at a time beyond what it has used, so that not each of its tokens asks for itself. */
const TOKENS_AHEAD = 256;

/**
 * Where the limits that hold a stream end it: where what it has used is more than it had set aside, and they have nothing left for
 * the rest. Undefined for one that no limit of tokens or cost holds.
 * @param isCut whether the tenant wants it; asked as the stream goes on, for it may change its mind.
 */
export function endOfStream(
  state: Limited,
  isCut: () => boolean,
): ((outputTokens: number) => StreamEnd | undefined) | undefined {
  const { limits } = state;
  if (!limits?.holdsTokens) return undefined;
  let used: ReturnType<typeof usedSoFarOf> | undefined;
  return (outputTokens) => {
    if (!isCut()) return undefined;
    const usedAt = (used ??= usedSoFarOf(state));
    const exceeded = limits.extend(
      (measure) => usedAt(measure, outputTokens),
      (measure) => usedAt(measure, outputTokens + TOKENS_AHEAD),
    );
    return exceeded && limitEnd(exceeded.meter);
  };
}
