import { WriterLease, type Applied } from '#libs/bus';
import type { FeedName } from './access-feed-options.js';
import { freshnessOf, type Freshness } from './freshness.js';
import { PositionWaiters, type WaitOutcome } from './position-waiters.js';

/** How a feed stands at a moment; durations in ms, positions of the writers' last words. */
export type FeedStanding = {
  readonly isReady: boolean;
  readonly logOverdueMs: number;
  readonly writersSilentMs: Readonly<Record<FeedName, number>>;
  readonly watermarks: Readonly<Record<FeedName, number>>;
};
type Positions = Readonly<Record<FeedName, Applied>>;

const NOWHERE: Applied = { offset: -1n, generation: 0, epoch: 0, position: 0 };
const UNKNOWN: FeedStanding = {
  isReady: false,
  logOverdueMs: Number.POSITIVE_INFINITY,
  writersSilentMs: { identity: Number.POSITIVE_INFINITY, policy: Number.POSITIVE_INFINITY },
  watermarks: { identity: 0, policy: 0 },
};

/**
 * The feed of another thread, as this one was told of it. The leases go on running by this thread's own clock: one that
 * hears nothing any more stops serving when they are over, whatever the other has renewed meanwhile.
 */
export class FollowingFeed {
  private standing = UNKNOWN;
  private toldAtMs = 0;
  private inForce: Positions = { identity: NOWHERE, policy: NOWHERE };
  private readonly waiters: Readonly<Record<FeedName, PositionWaiters>>;
  private readonly writers: readonly WriterLease[];

  /** `monotonicMs`: the same in every thread of the process. */
  constructor(private readonly monotonicMs: () => number) {
    this.waiters = { identity: new PositionWaiters(), policy: new PositionWaiters() };
    const lease = (name: FeedName) => new WriterLease(() => this.standing.writersSilentMs[name] + this.sinceToldMs());
    this.writers = [lease('identity'), lease('policy')];
  }

  /** `atMs`: when the feed stood so. */
  hear(standing: FeedStanding, atMs: number): void {
    this.standing = standing;
    this.toldAtMs = atMs;
  }

  /** Everything up to these positions decides on this thread from now on. */
  advance(positions: Positions): void {
    this.inForce = positions;
    this.waiters.identity.advance(positions.identity.position);
    this.waiters.policy.advance(positions.policy.position);
  }

  isReady(): boolean {
    return this.standing.isReady;
  }

  /** As `AccessFeed.freshness`. */
  freshness(staleServeSeconds = 0): Freshness {
    return freshnessOf({
      isReady: this.isReady(),
      logOverdueMs: this.standing.logOverdueMs + this.sinceToldMs(),
      writers: this.writers.map((writer) => writer.look()),
      staleServeMs: staleServeSeconds * 1_000,
    });
  }

  positions(): Positions {
    return this.inForce;
  }

  /** As `AccessFeed.waitForPosition`. */
  waitForPosition(name: FeedName, position: number, timeoutMs: number): Promise<WaitOutcome> {
    const { position: applied } = this.inForce[name];
    return this.waiters[name].wait(position, timeoutMs, applied, this.standing.watermarks[name]);
  }

  close(): void {
    this.waiters.identity.close();
    this.waiters.policy.close();
  }

  private sinceToldMs(): number {
    return this.monotonicMs() - this.toldAtMs;
  }
}
