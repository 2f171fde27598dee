import { DomainError } from '#libs/decider';

export type TurnBounds = {
  readonly concurrentMax: number;
  readonly waitingMax: number;
  readonly waitMsMax: number;
};

/**
 * Lets few work at once and the others wait in line. Appends stand behind one lock anyway; if each held a connection
 * while it waits, none would be left for reads, read models and the publisher.
 */
export class Turns {
  private working = 0;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly bounds: TurnBounds) {}

  /** @throws DomainError `store/busy` when the line is too long, or the wait was. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.working >= this.bounds.concurrentMax) await this.wait();
    else this.working += 1;
    try {
      return await work();
    } finally {
      this.passOn();
    }
  }

  /** The turn goes to the next in line without being free in between, so that nobody overtakes. */
  private passOn(): void {
    const [next] = this.waiting;
    if (next) next();
    else this.working -= 1;
  }

  private wait(): Promise<void> {
    if (this.waiting.size >= this.bounds.waitingMax) throw busy();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(begin);
        reject(busy());
      }, this.bounds.waitMsMax);
      const begin = () => {
        clearTimeout(timer);
        this.waiting.delete(begin);
        resolve();
      };
      this.waiting.add(begin);
    });
  }
}

const busy = () => new DomainError('store/busy', 'The store is busy; try again.');
