/** A clock that only moves when it is told to. Starts at 2026-11-23T09:00:00.000Z unless given another instant. */
export class FakeClock {
  private atMs: number;
  private elapsedMs = 0;

  constructor(start: string | number | Date = '2026-11-23T09:00:00.000Z') {
    this.atMs = instantMs(start);
  }

  /** Milliseconds since 1970, as `Date.now()`. */
  nowMs(): number {
    return this.atMs;
  }

  now(): Date {
    return new Date(this.atMs);
  }

  /** RFC 3339 in UTC with milliseconds. */
  nowIso(): string {
    return this.now().toISOString();
  }

  /** Moves on by `ms`; a negative number moves back, as a corrected system clock does. */
  advance(ms: number): void {
    this.atMs += ms;
    this.elapsedMs += Math.max(0, ms);
  }

  /** Milliseconds that `advance` has moved on by in all; never goes back. */
  monotonicMs(): number {
    return this.elapsedMs;
  }

  set(instant: string | number | Date): void {
    this.atMs = instantMs(instant);
  }
}

function instantMs(instant: string | number | Date): number {
  const ms = new Date(instant).getTime();
  if (Number.isNaN(ms)) throw new RangeError(`Not an instant: ${String(instant)}`);
  return ms;
}
