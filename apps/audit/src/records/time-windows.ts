const HOUR_MS = 3_600_000;
/** How far back each further look reaches: what is asked for is mostly recent, and sorted by tenant and hour. */
const REACHES_MS = [HOUR_MS, 14 * 24 * HOUR_MS];

/** A piece of time, `fromMs` included, `toMs` not; undefined is open. */
export type TimeWindow = { readonly fromMs: number | undefined; readonly toMs: number | undefined };

/**
 * The windows to look through for the newest rows, one after the other, until enough are found: without gaps, without
 * overlaps, together everything from `fromMs` to `toMs`. The first is open towards the future, where a clock of another
 * service may be ahead.
 */
export function timeWindows({ fromMs, toMs }: TimeWindow, nowMs: number): TimeWindow[] {
  const anchorMs = Math.min(toMs ?? nowMs, nowMs);
  const edges = REACHES_MS.map((reach) => anchorMs - reach).filter((edge) => edge > (fromMs ?? -Infinity));
  const tops = [toMs, ...edges];
  return tops.map((top, index) => ({ toMs: top, fromMs: edges[index] ?? fromMs }));
}
