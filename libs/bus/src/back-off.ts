/** Waits between attempts: doubled from `firstMs` to `mostMs`, less up to a fifth by chance, until a success resets it. */
export class BackOff {
  private failures = 0;

  constructor(
    private readonly firstMs: number,
    private readonly mostMs: number,
  ) {}

  get count(): number {
    return this.failures;
  }

  reset(): void {
    this.failures = 0;
  }

  nextMs(): number {
    const fullMs = Math.min(this.mostMs, this.firstMs * 2 ** this.failures);
    this.failures += 1;
    return fullMs * (1 - Math.random() / 5);
  }

  /** Waits; ends early and quietly when the signal fires. */
  async wait(signal?: AbortSignal): Promise<void> {
    const waitMs = this.nextMs();
    if (signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      signal?.addEventListener('abort', done);
    });
  }
}
