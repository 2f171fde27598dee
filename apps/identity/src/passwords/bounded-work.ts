import { DomainError } from '#libs/decider';

/** Work that is dear: so much of it at once, so much in line, and no more. */
export class BoundedWork {
  private running = 0;
  private readonly line: (() => void)[] = [];

  constructor(private readonly bounds: { readonly concurrentMax: number; readonly waitingMax: number }) {}

  /** @throws DomainError `password/unavailable` when the line is full. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running < this.bounds.concurrentMax) this.running += 1;
    else await this.waitInLine();
    try {
      return await work();
    } finally {
      // Whoever is next takes over the place, so that nobody slips in between.
      const next = this.line.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  private waitInLine(): Promise<void> {
    if (this.line.length >= this.bounds.waitingMax) {
      throw new DomainError('password/unavailable', 'Too many passwords are being checked; try again shortly.');
    }
    return new Promise((enter) => this.line.push(enter));
  }
}
