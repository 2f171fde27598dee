/** When an upstream is left alone for a while. */
export type CircuitBounds = {
  /** Failures are counted for so long, then from nothing. */
  readonly windowMs: number;
  /** With fewer ends in a window nothing is concluded. */
  readonly endsMin: number;
  /** It opens when so many of a hundred ends were failures. */
  readonly failuresPercent: number;
  /** Until one call is let through to see. */
  readonly openMs: number;
  /** A probe that did not end by then is given up for another. */
  readonly probeMs: number;
};

/** Where the operator says nothing else. */
export const circuitBounds: CircuitBounds = {
  windowMs: 10_000,
  endsMin: 20,
  failuresPercent: 50,
  openMs: 5_000,
  probeMs: 30_000,
};

export type CircuitState =
  | { readonly kind: 'closed'; readonly sinceMs: number; readonly ends: number; readonly failures: number }
  | { readonly kind: 'open'; readonly untilMs: number }
  | { readonly kind: 'half-open'; readonly probe: number; readonly untilMs: number };

/** `unknown`: it says nothing of the upstream, as of a caller that left. */
export type CallEnd = 'good' | 'failed' | 'unknown';

/** Ms until a call is let through; 0 where one is now. */
export function waitMs(state: CircuitState, nowMs: number): number {
  return state.kind === 'closed' ? 0 : Math.max(0, state.untilMs - nowMs);
}

/** After a call was let through; `probe` is a number that no earlier probe had. */
export function entered(state: CircuitState, probe: number, nowMs: number, bounds: CircuitBounds): CircuitState {
  return state.kind === 'closed' ? state : { kind: 'half-open', probe, untilMs: nowMs + bounds.probeMs };
}

/**
 * After the end of a call. Of an open circuit only its probe decides: calls that began before, and probes that were given
 * up, end without a word. `probe` is undefined for calls that were none.
 */
export function ended(
  state: CircuitState,
  end: CallEnd,
  probe: number | undefined,
  nowMs: number,
  bounds: CircuitBounds,
): CircuitState {
  if (state.kind === 'open') return state;
  if (state.kind === 'half-open') return probe === state.probe ? afterProbe(end, nowMs, bounds) : state;
  if (end === 'unknown') return state;
  const isOver = nowMs - state.sinceMs >= bounds.windowMs;
  const { sinceMs, ends, failures } = isOver ? closed(nowMs) : state;
  const counted = { kind: 'closed', sinceMs, ends: ends + 1, failures: failures + (end === 'failed' ? 1 : 0) } as const;
  const isBad = counted.ends >= bounds.endsMin && counted.failures * 100 >= counted.ends * bounds.failuresPercent;
  return isBad ? { kind: 'open', untilMs: nowMs + bounds.openMs } : counted;
}

export function closed(nowMs: number) {
  return { kind: 'closed', sinceMs: nowMs, ends: 0, failures: 0 } as const;
}

/** A probe that tells nothing makes room for the next at once. */
function afterProbe(end: CallEnd, nowMs: number, { openMs }: CircuitBounds): CircuitState {
  if (end === 'good') return closed(nowMs);
  return { kind: 'open', untilMs: end === 'failed' ? nowMs + openMs : nowMs };
}
