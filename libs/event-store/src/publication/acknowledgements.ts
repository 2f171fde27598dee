/** Requests that may wait for the broker at once. */
export const WAITERS_MAX = 10_000;
/** How often a process whose publisher stands by looks whether the active one has got there. */
export const STANDBY_LOOK_MS = 25;

type Waiter = { readonly position: number; resolve(reached: boolean): void };

/** How far the broker has what was committed, and who waits for it. */
export class Acknowledgements {
  private reached = 0;
  private readonly waiters = new Set<Waiter>();
  private timer: NodeJS.Timeout | undefined;

  /** `look` asks the database how far the outbox is empty: what the active publisher of another process has done. */
  constructor(private readonly look: () => Promise<number>) {}

  get position(): number {
    return this.reached;
  }

  /** Never goes back. */
  advance(position: number): void {
    this.reached = Math.max(this.reached, position);
    for (const waiter of this.waiters) if (waiter.position <= this.reached) this.settle(waiter, true);
  }

  /** A restored store begins again at its own, lower positions. */
  reset(position: number): void {
    this.reached = position;
  }

  wait(position: number, timeoutMs: number): Promise<boolean> {
    if (position <= this.reached) return Promise.resolve(true);
    if (this.waiters.size >= WAITERS_MAX) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.settle(waiter, false), timeoutMs);
      const waiter: Waiter = {
        position,
        resolve: (reached) => {
          clearTimeout(timer);
          resolve(reached);
        },
      };
      this.waiters.add(waiter);
      this.timer ??= setInterval(() => void this.lookAround(), STANDBY_LOOK_MS);
    });
  }

  /** Ends all waiting. */
  close(): void {
    for (const waiter of this.waiters) this.settle(waiter, false);
  }

  private settle(waiter: Waiter, reached: boolean): void {
    this.waiters.delete(waiter);
    waiter.resolve(reached);
    if (this.waiters.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async lookAround(): Promise<void> {
    try {
      this.advance(await this.look());
    } catch {
      // Without the database nothing is known; the waiters' own time-outs end the wait.
    }
  }
}
