import { describe, expect, it } from 'vitest';
import { FollowingFeed, type FeedStanding } from './following-feed.js';

const standing: FeedStanding = {
  isReady: true,
  logOverdueMs: -10_000,
  writersSilentMs: { identity: 0, policy: 0 },
  watermarks: { identity: 50, policy: 5 },
};
const at = (position: number) => ({ offset: BigInt(position), generation: 1, epoch: 1, position });

/** A thread that was told at `0`, and whose clock is at `clock.ms`. */
function following(told = standing) {
  const clock = { ms: 0 };
  const feed = new FollowingFeed(() => clock.ms);
  feed.hear(told, 0);
  return { feed, clock };
}

describe('a thread that follows another one’s feed', () => {
  it('serves nobody before it was told anything', () => {
    const feed = new FollowingFeed(() => 0);
    expect(feed.isReady()).toBe(false);
    expect(feed.freshness(86_400).serve).toBe(false);
  });

  it('stops serving when the lease that it knows of is over, without hearing so', () => {
    const { feed, clock } = following();
    clock.ms = 9_999;
    expect(feed.freshness().serve).toBe(true);
    clock.ms = 10_001;
    expect(feed.freshness().serve).toBe(false);
    expect(feed.freshness(1).serve).toBe(true);
  });

  it('stops serving when a writer has been silent for its lease', () => {
    const { feed, clock } = following({ ...standing, logOverdueMs: -9_000_000 });
    clock.ms = 3_600_001;
    expect(feed.freshness(86_400).serve).toBe(false);
  });

  it('lets those who wait for a position go on when it is in force here, not when it was told', async () => {
    const { feed } = following();
    const waiting = feed.waitForPosition('identity', 42, 60_000);
    feed.hear(standing, 0);
    feed.advance({ identity: at(41), policy: at(1) });
    expect(await Promise.race([waiting, Promise.resolve('waits')])).toBe('waits');
    feed.advance({ identity: at(42), policy: at(1) });
    expect(await waiting).toBe('reached');
    expect(feed.positions().identity.position).toBe(42);
  });

  it('refuses a position that can only be invented', async () => {
    expect(await following().feed.waitForPosition('policy', 1_000_000, 60_000)).toBe('refused');
  });
});
