/**
 * The time, as a port and injection token. Wall-clock instants may step back when the system's clock is corrected;
 * durations and leases use `monotonicMs`.
 */
export abstract class Clock {
  /** Milliseconds since 1970. */
  abstract nowMs(): number;
  /** Milliseconds since an arbitrary start; never goes back and is not shifted by the offset. */
  abstract monotonicMs(): number;

  now(): Date {
    return new Date(this.nowMs());
  }

  /** RFC 3339 in UTC with milliseconds. */
  nowIso(): string {
    return this.now().toISOString();
  }
}

/** The machine's clock, shifted by a number of seconds in local mode so that expiry can be tried out. */
export class SystemClock extends Clock {
  private readonly offsetMs: number;

  /** `offsetSeconds` must be 0 outside local mode; the application's config sees to that. */
  constructor(offsetSeconds = 0) {
    super();
    if (!Number.isFinite(offsetSeconds)) throw new RangeError('The clock offset is not a number of seconds.');
    this.offsetMs = Math.round(offsetSeconds * 1000);
  }

  override nowMs(): number {
    return Date.now() + this.offsetMs;
  }

  override monotonicMs(): number {
    return performance.now();
  }
}
