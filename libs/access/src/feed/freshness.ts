import type { WriterLeaseState } from '#libs/bus';

/** Whether to decide, and how old what is decided on is beyond what was promised (ms; 0 when fresh). */
export type Freshness = { readonly serve: boolean; readonly staleMs: number };

export type FreshnessParts = {
  readonly isReady: boolean;
  /** Below 0 while the log lease is held. */
  readonly logOverdueMs: number;
  readonly writers: readonly WriterLeaseState[];
  /** The tenant's `staleServeSeconds`, in ms. */
  readonly staleServeMs: number;
};

/** Largest `stale_ms` that is told: a lease that was never held is infinitely overdue. */
const STALE_MS_MAX = 2 ** 31 - 1;
const FRESH: Freshness = Object.freeze({ serve: true, staleMs: 0 });

/**
 * Both leases together. The log lease may be overrun by what the tenant allows; the writers' may not: it is long, and
 * safe only because narrowing writes are answered after the broker has them.
 */
export function freshnessOf({ isReady, logOverdueMs, writers, staleServeMs }: FreshnessParts): Freshness {
  let silentMs = 0;
  let expired = false;
  for (const { state, staleMs } of writers) {
    if (state !== 'fresh') silentMs = Math.max(silentMs, staleMs);
    if (state === 'expired') expired = true;
  }
  if (isReady && logOverdueMs < 0 && silentMs === 0) return FRESH;
  // Written so that a NaN is stale.
  const logServes = logOverdueMs < 0 || logOverdueMs <= staleServeMs;
  const staleMs = Math.min(STALE_MS_MAX, Math.ceil(Math.max(silentMs, logOverdueMs, 0)));
  return { serve: isReady && logServes && !expired, staleMs };
}
