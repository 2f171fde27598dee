/** How long a silent writer's word is served (1 h), and after how long silence is an alarm (10 s). */
export const WRITER_LEASE_MS = 3_600_000;
export const WRITER_ALARM_MS = 10_000;

export type WriterLeaseState = {
  /** `fresh`: serve. `silent`: serve, flag `staleMs`, alarm. `expired`: refuse. */
  readonly state: 'fresh' | 'silent' | 'expired';
  readonly staleMs: number;
};

/** The writer lease: the log is readable, but is anybody still writing to it? */
export class WriterLease {
  constructor(
    private readonly watermarkAgeMs: () => number,
    private readonly leaseMs = WRITER_LEASE_MS,
    private readonly alarmMs = WRITER_ALARM_MS,
  ) {}

  look(): WriterLeaseState {
    const staleMs = this.watermarkAgeMs();
    // Written so that NaN is expired, too.
    if (!(staleMs < this.leaseMs)) return { state: 'expired', staleMs };
    return { state: staleMs < this.alarmMs ? 'fresh' : 'silent', staleMs };
  }
}
