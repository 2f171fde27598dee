/** The times that one attempt has, from its start. They keep no process alive. */
export class Deadlines {
  private readonly firstToken: NodeJS.Timeout | undefined;
  private readonly attempt: NodeJS.Timeout | undefined;

  /** `onOver` is called when either is over; in ms, unbounded where left out. */
  constructor(firstTokenMs: number | undefined, attemptMs: number | undefined, onOver: () => void) {
    if (firstTokenMs !== undefined) this.firstToken = setTimeout(onOver, firstTokenMs).unref();
    if (attemptMs !== undefined) this.attempt = setTimeout(onOver, attemptMs).unref();
  }

  /** Content is there. */
  reachedFirstToken(): void {
    clearTimeout(this.firstToken);
  }

  clear(): void {
    clearTimeout(this.firstToken);
    clearTimeout(this.attempt);
  }
}
