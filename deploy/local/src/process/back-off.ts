const FIRST_MS = 250;
const LONGEST_MS = 15_000;
/** A part that ran this long starts again as if it had never failed. */
const STEADY_AFTER_MS = 30_000;

/** How long to wait before a part that died is started again: doubling, bounded, forgotten after a steady run. */
export class BackOff {
  private failures = 0;

  /** `ranMs` is how long the part had run when it died. */
  nextMs(ranMs: number): number {
    if (ranMs >= STEADY_AFTER_MS) this.failures = 0;
    return Math.min(FIRST_MS * 2 ** this.failures++, LONGEST_MS);
  }
}
