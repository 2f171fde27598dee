import type { BusClock } from '../clock.js';

/** How long a replica may decide on what it has applied without hearing from the log. */
export const LOG_LEASE_MS = 10_000;

export type LogLeaseParts = {
  /** The log's end (next offset to be written), asked from the broker now. */
  readonly askEnd: () => Promise<bigint>;
  /** Resolves when the next offset to be applied is at least `end`; rejects or stays pending when it never is. */
  readonly standAt: (end: bigint) => Promise<void>;
  /** Tells the world how far this replica is; resolves when the broker has acknowledged it. */
  readonly report: () => Promise<void>;
  /** With several brokers: is the answer really the leader's? Absent: one broker, nothing to confirm. */
  readonly confirm?: () => boolean | Promise<boolean>;
};

/**
 * The log lease. A renewal is worth `leaseMs` from the moment the end was ASKED, and only once the replica stood at
 * that end and its report was acknowledged: whatever a writer got acknowledged before that moment is then in force
 * here, and whoever reads the report knows it. A process that was stopped in between gains nothing by waking up.
 */
export class LogLease {
  private endsMs = Number.NEGATIVE_INFINITY;
  private drops = 0;

  constructor(
    private readonly parts: LogLeaseParts,
    private readonly clock: BusClock,
    private readonly leaseMs = LOG_LEASE_MS,
  ) {}

  /** One attempt; run it every second or so. Rejects as its parts do, leaving the lease as it was. */
  async renew(): Promise<'renewed' | 'unconfirmed'> {
    const { drops } = this;
    const askedMs = this.clock.monotonicMs();
    const end = await this.parts.askEnd();
    await this.parts.standAt(end);
    await this.parts.report();
    if (this.parts.confirm && !(await this.parts.confirm())) return 'unconfirmed';
    if (drops !== this.drops) return 'unconfirmed';
    // Attempts may overlap; an older one that ends later must not shorten what a newer one has gained.
    this.endsMs = Math.max(this.endsMs, askedMs + this.leaseMs);
    return 'renewed';
  }

  /** Milliseconds since the lease ended: 0 or less while it runs, Infinity if it was never held. */
  overdueMs(): number {
    return this.clock.monotonicMs() - this.endsMs;
  }

  /** Check it last in a decision. */
  isHeld(): boolean {
    return this.overdueMs() < 0;
  }

  /** Ends it at once, e.g. when the log turned out to be another one. */
  drop(): void {
    this.drops += 1;
    this.endsMs = Number.NEGATIVE_INFINITY;
  }
}
