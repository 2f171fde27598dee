import { instant } from '../records/record-list.js';

/** Rows of how long ago are compared unless another beginning is asked for. */
export const WINDOW_DAYS = 7;
/** Longer than the topics are kept: so much earlier may the broker have taken what was stored within the window. */
export const LATE_DAYS = 8;

/** The beginning of the window in whole seconds, by the clock of ClickHouse, which no local mode shifts. */
export function beginning(from: string | undefined): { sql: string; params: { from_ms?: number } } {
  if (from === undefined) return { sql: `(now('UTC') - INTERVAL ${WINDOW_DAYS} DAY)`, params: {} };
  return { sql: instant('from_ms'), params: { from_ms: Math.floor(Date.parse(from) / 1_000) * 1_000 } };
}
