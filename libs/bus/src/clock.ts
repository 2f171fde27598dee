/** The two clocks that leases and ages are made of; injected, so that specs can stop and jump them. */
export interface BusClock {
  /** Milliseconds that only grow, also while the process is stopped; no relation to the time of day. */
  monotonicMs(): number;
  /** Milliseconds since 1970-01-01 UTC. */
  wallMs(): number;
}

/** The machine's clocks. */
export const systemClock: BusClock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
