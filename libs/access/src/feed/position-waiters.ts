/** Requests that wait for a position at the same time; one more is refused. */
export const WAITERS_MAX = 1_000;
/** A position further above the writer's last word than this can only be invented. */
export const FAR_ABOVE = 10_000;

export type WaitOutcome = 'reached' | 'timeout' | 'refused';
type Waiter = { readonly position: number; readonly settle: (outcome: WaitOutcome) => void };

/** Those who want to read what was just written, until this replica has applied it. */
export class PositionWaiters {
  private readonly waiting = new Set<Waiter>();

  /** `applied`: the position in force here; `watermark`: the writer's last word. */
  wait(position: number, timeoutMs: number, applied: number, watermark: number): Promise<WaitOutcome> {
    if (position <= applied) return Promise.resolve('reached');
    const isFar = !(position <= Math.max(applied, watermark) + FAR_ABOVE);
    if (isFar || this.waiting.size >= WAITERS_MAX) return Promise.resolve('refused');
    return new Promise((resolve) => {
      const settle = (outcome: WaitOutcome) => {
        clearTimeout(timer);
        this.waiting.delete(waiter);
        resolve(outcome);
      };
      const waiter: Waiter = { position, settle };
      const timer = setTimeout(() => settle('timeout'), timeoutMs);
      this.waiting.add(waiter);
    });
  }

  advance(applied: number): void {
    for (const waiter of this.waiting) if (waiter.position <= applied) waiter.settle('reached');
  }

  close(): void {
    for (const waiter of this.waiting) waiter.settle('refused');
  }
}
