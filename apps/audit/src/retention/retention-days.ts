/** Rows of tenants that say nothing, and of requests of nobody. */
export const KEPT_DAYS_DEFAULT = 400;
/**
 * No row goes before: the topics are kept for seven days, and what may still be repeated from them must be comparable.
 * The day on which a row arrived is not counted.
 */
export const KEPT_DAYS_MIN = 9;
const DAY_MS = 86_400_000;

/** The first day (UTC) that is kept, by how many days a tenant wants its rows. */
export function firstKeptDay(keptDays: number | undefined, nowMs: number): string {
  const days = Math.max(keptDays ?? KEPT_DAYS_DEFAULT, KEPT_DAYS_MIN);
  return new Date(nowMs - days * DAY_MS).toISOString().slice(0, 10);
}
