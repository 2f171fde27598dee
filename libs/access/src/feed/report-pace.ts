/** Least time between two reports that nobody waits for, ms. */
export const REPORT_EVERY_MS = 20;
/** The same while there is something new all the time, and each report would be out of date when it is read. */
export const REPORT_EVERY_MS_MAX = 160;

/**
 * Sends a report soon after something was applied: at once when the last one is 20 ms ago, else then; one at a time. As
 * long as something more has been applied by the time that the next may be sent, the time between them doubles, up to
 * 160 ms: a report is a record of its own, and a hundred changes a second would cost every replica as many. A failed one
 * is left to the next, or to the lease's own report each second.
 */
export class ReportPace {
  private timer: NodeJS.Timeout | undefined;
  private sending = false;
  private wanted = false;
  private lastMs = Number.NEGATIVE_INFINITY;
  private everyMs = REPORT_EVERY_MS;
  private closed = false;

  constructor(
    private readonly send: () => Promise<void>,
    private readonly clockMs: () => number,
  ) {}

  /** Something was applied. */
  touch(): void {
    this.wanted = true;
    this.schedule();
  }

  /** Resolves when nothing is on its way any more; nothing is sent after it. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    if (this.closed || this.sending || this.timer || !this.wanted) return;
    const waitMs = Math.max(0, this.lastMs + this.everyMs - this.clockMs());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.run();
    }, waitMs);
  }

  private async run(): Promise<void> {
    this.wanted = false;
    this.sending = true;
    const nowMs = this.clockMs();
    const rested = nowMs - this.lastMs >= 2 * this.everyMs;
    this.everyMs = rested ? REPORT_EVERY_MS : Math.min(2 * this.everyMs, REPORT_EVERY_MS_MAX);
    this.lastMs = nowMs;
    try {
      await this.send();
    } catch {
      // The lease says when this goes on for too long.
    } finally {
      this.sending = false;
      this.schedule();
    }
  }
}
