/** A boot tells its claim on slots again so often while it has any, ms. */
const TELL_MS = 5_000;
/** So long after it was told last, its own claim counts for nothing here, ms. */
const OWN_MS_MAX = 15_000;
/** So long after it was heard last, another's claim counts for nothing; longer, so that no slot has two holders, ms. */
const OTHERS_MS_MAX = 30_000;

type LeaseOptions = {
  readonly monotonicMs: () => number;
  /** Since when the log is read without a break: before that, silence says nothing. */
  readonly readingSinceMs: () => number;
};

/**
 * How long claims on slots hold without a sign of life: what calls under way occupy must not stay occupied when their
 * gateway dies. Its claim lapses with the others after it has lapsed with itself; so one that was paused takes nothing twice.
 */
export class Lease {
  private readonly heardAtMs = new Map<string, number>();
  /** Own records under way, with when they were sent. */
  private readonly sent = new Map<number, number>();
  private sentAtMs = Number.NEGATIVE_INFINITY;
  private toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: LeaseOptions) {}

  sending(position: number): void {
    this.sentAtMs = this.options.monotonicMs();
    this.sent.set(position, this.sentAtMs);
  }

  /** An own record was read back: the others have it as well. */
  told(position: number): void {
    for (const [sent, atMs] of this.sent) {
      if (sent > position) continue;
      this.sent.delete(sent);
      this.toldAtMs = Math.max(this.toldAtMs, atMs);
    }
  }

  heard(writer: string): void {
    this.heardAtMs.set(writer, this.options.monotonicMs());
  }

  forget(writer: string): void {
    this.heardAtMs.delete(writer);
  }

  /** Whether what this boot had claimed is no longer its own. */
  get isLapsed(): boolean {
    return this.options.monotonicMs() - this.toldAtMs > OWN_MS_MAX;
  }

  /** Whether others should hear of it again. */
  get isDue(): boolean {
    return this.options.monotonicMs() - this.sentAtMs >= TELL_MS;
  }

  /** Those that have not been heard for so long although the log was read. */
  silent(ms = OTHERS_MS_MAX): string[] {
    const nowMs = this.options.monotonicMs();
    const sinceMs = this.options.readingSinceMs();
    return [...this.heardAtMs].flatMap(([writer, atMs]) => (nowMs - Math.max(atMs, sinceMs) > ms ? [writer] : []));
  }
}
