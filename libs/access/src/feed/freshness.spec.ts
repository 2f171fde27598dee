import { describe, expect, it } from 'vitest';
import { freshnessOf, type FreshnessParts } from './freshness.js';

const fresh = { state: 'fresh', staleMs: 3 } as const;
const of = (change: Partial<FreshnessParts>) =>
  freshnessOf({ isReady: true, logOverdueMs: -5_000, writers: [fresh, fresh], staleServeMs: 0, ...change });

describe('what is applied here', () => {
  it('is decided on while both leases run', () => expect(of({})).toEqual({ serve: true, staleMs: 0 }));

  it('is not decided on before it was replayed', () => expect(of({ isReady: false }).serve).toBe(false));

  it('is not decided on from the moment that the log lease ends', () => {
    expect(of({ logOverdueMs: 0 })).toEqual({ serve: true, staleMs: 0 });
    expect(of({ logOverdueMs: 1 })).toEqual({ serve: false, staleMs: 1 });
    expect(of({ logOverdueMs: Number.NaN }).serve).toBe(false);
  });

  it('is served and flagged as long as the tenant allows, and no longer', () => {
    expect(of({ logOverdueMs: 4_000, staleServeMs: 5_000 })).toEqual({ serve: true, staleMs: 4_000 });
    expect(of({ logOverdueMs: 5_001, staleServeMs: 5_000 })).toEqual({ serve: false, staleMs: 5_001 });
  });

  it('is served and flagged while a writer is silent, and refused when its hour is over', () => {
    const silent = { state: 'silent', staleMs: 60_000 } as const;
    expect(of({ writers: [fresh, silent] })).toEqual({ serve: true, staleMs: 60_000 });
    const expired = { state: 'expired', staleMs: 3_600_000 } as const;
    expect(of({ writers: [expired, fresh], staleServeMs: 10_000_000 })).toEqual({ serve: false, staleMs: 3_600_000 });
  });

  it('tells a number also where a lease was never held', () => {
    const never = { state: 'expired', staleMs: Number.POSITIVE_INFINITY } as const;
    expect(of({ logOverdueMs: Number.POSITIVE_INFINITY, writers: [never, never] })).toEqual({
      serve: false,
      staleMs: 2 ** 31 - 1,
    });
  });
});
