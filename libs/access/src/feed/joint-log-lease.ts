import { LogLease, type Bus, type BusClock, type Logger, type StateFeed } from '#libs/bus';

/** How often the lease is renewed, and with it the report of an idle replica sent, ms. */
export const RENEW_EVERY_MS = 1_000;

export type JointLogLeaseParts = {
  readonly bus: Bus;
  readonly feeds: readonly { readonly topic: string; readonly feed: Pick<StateFeed, 'standAt'> }[];
  /** Resolves when the broker has acknowledged how far this replica is. */
  readonly report: () => Promise<void>;
  readonly clock: BusClock;
  readonly logger: Logger;
};

/**
 * One log lease over several topics: their ends are asked together, and all must be reached. One attempt at a time, so
 * that the ends of one are not taken for those of another.
 */
export class JointLogLease {
  private readonly lease: LogLease;
  private timer: NodeJS.Timeout | undefined;
  private renewing: Promise<unknown> | undefined;
  private closed = false;

  constructor(private readonly parts: JointLogLeaseParts) {
    let ends: readonly bigint[] = [];
    const askEnd = async () => {
      ends = await this.askEnds();
      return ends.reduce((sum, end) => sum + end, 0n);
    };
    const standAt = async () => {
      await Promise.all(parts.feeds.map(({ feed }, at) => feed.standAt(ends[at] ?? 0n)));
    };
    this.lease = new LogLease({ askEnd, standAt, report: parts.report }, parts.clock);
  }

  /** At once, and then each second, until closed. */
  keepRenewing(): void {
    if (this.closed) return;
    this.renew();
    this.timer = setInterval(() => this.renew(), RENEW_EVERY_MS);
    this.timer.unref();
  }

  /** Below 0 while it is held; Infinity when it never was, or is closed. */
  overdueMs(): number {
    return this.lease.overdueMs();
  }

  /** Ends the lease; resolves when the last attempt has ended. Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    this.lease.drop();
    await this.renewing;
  }

  private renew(): void {
    if (this.closed || this.renewing) return;
    this.renewing = this.lease
      .renew()
      .catch((error: unknown) => this.parts.logger.warn({ err: error }, 'the log lease was not renewed'))
      .finally(() => (this.renewing = undefined));
  }

  private async askEnds(): Promise<bigint[]> {
    const ends = await this.parts.bus.logEnds(this.parts.feeds.map(({ topic }) => topic));
    return this.parts.feeds.map(({ topic }) => {
      const found = ends.find((one) => one.topic === topic);
      if (!found) throw new Error(`The end of ${topic} is not known.`);
      return found.end;
    });
  }
}
