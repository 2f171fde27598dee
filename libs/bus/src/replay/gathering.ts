/**
 * Lets a reader at the end of a log gather what keeps coming. A fetch costs as much as applying some records: one for each
 * of a hundred small writes a second would be most of what they cost. What comes alone, or with more than twice the time of
 * a pause between, is fetched at once.
 */
export class Gathering {
  private deliveredMs = Number.NEGATIVE_INFINITY;

  /** `gatherMs`: what a record in a stream of others may wait; 0 for no pauses. */
  constructor(private readonly gatherMs: number) {}

  /** How long to wait before more is fetched, ms, after a delivery that ended at `nowMs`; behind the end there is no wait. */
  pauseMs(nowMs: number, isAtEnd: boolean): number {
    const sinceMs = nowMs - this.deliveredMs;
    this.deliveredMs = nowMs;
    return isAtEnd && sinceMs <= 2 * this.gatherMs ? this.gatherMs : 0;
  }
}
