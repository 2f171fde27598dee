import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Claim } from './claim.js';
import { EscrowWorld, type Action } from './escrow-world.fixture.js';
import { Escrow } from './escrow.js';

const claim = (settled: number, accepted: number, asking = 0, ask = 0): Claim => ({ settled, accepted, asking, ask });

describe('an escrow', () => {
  it('spends nothing before it has read its own ask, with what stands before it', () => {
    const escrow = new Escrow('a', 10);
    expect(escrow.reserve(4)).toBe('wait');
    const asked = escrow.publish();
    expect(asked).toEqual(claim(0, 0, 4, 1));
    expect(escrow.reserve(4)).toBe('wait');
    escrow.apply('b', claim(0, 6));
    expect(escrow.apply('a', asked)).toBe(true);
    expect(escrow.reserve(4)).toBe('granted');
    expect(escrow.reserve(1)).toBe('refused');
  });

  it('gives the last unit to the one whose ask stands first in the log', () => {
    const [a, b] = [new Escrow('a', 1), new Escrow('b', 1)];
    expect([a.reserve(1), b.reserve(1)]).toEqual(['wait', 'wait']);
    const log = [['b', b.publish()] as const, ['a', a.publish()] as const];
    for (const [writer, said] of log) for (const escrow of [a, b]) escrow.apply(writer, said);
    expect([a.reserve(1), b.reserve(1)]).toEqual(['contested', 'granted']);
    expect(a.publish()).toMatchObject({ asking: 0 });
    a.apply('b', b.publish());
    expect(a.reserve(1)).toBe('refused');
  });

  it('lets one of 64 calls have the last unit, and tells the others so at once', () => {
    const escrow = new Escrow('a', 1);
    const answers = Array.from({ length: 64 }, () => escrow.reserve(1));
    expect(new Set(answers)).toEqual(new Set(['wait']));
    escrow.apply('a', escrow.publish());
    expect(answers.map(() => escrow.reserve(1)).filter((answer) => answer === 'granted')).toHaveLength(1);
    expect(escrow.reserve(1)).toBe('refused');
  });

  it('does not take for used up what others ask for, until the log has answered them', () => {
    const [a, b] = [new Escrow('a', 4), new Escrow('b', 4)];
    expect([a.reserve(3), b.reserve(3)]).toEqual(['wait', 'wait']);
    const log = [['a', a.publish()] as const, ['b', b.publish()] as const];
    for (const [writer, said] of log) for (const escrow of [a, b]) escrow.apply(writer, said);
    expect([a.reserve(3), a.reserve(1), a.reserve(5), a.askedByOthers]).toEqual(['granted', 'contested', 'refused', 3]);
    a.apply('b', b.publish());
    expect([a.reserve(1), a.askedByOthers]).toEqual(['wait', 0]);
  });

  it('asks for a block far from the limit, for no more than it is told to, and near it for those that wait', () => {
    const far = new Escrow('a', 1_000_000);
    far.reserve(10);
    expect(far.publish().asking).toBe(62_500);
    const bounded = new Escrow('a', 1_000_000);
    bounded.reserve(10, 10, 80);
    expect(bounded.publish().asking).toBe(80);
    const need = new Escrow('a', 1_000_000);
    need.reserve(10, 10, 8);
    expect(need.publish().asking).toBe(10);
    const near = new Escrow('a', 100);
    near.reserve(10);
    expect(near.publish().asking).toBe(10);
    const several = new Escrow('a', 100);
    several.reserve(10, 70);
    expect(several.publish().asking).toBe(70);
    const tooMany = new Escrow('a', 100);
    tooMany.reserve(10, 700);
    expect(tooMany.publish().asking).toBe(100);
  });

  it('counts what a call used beyond its reservation, and does not count what it did not use', () => {
    const escrow = new Escrow('a', 10);
    escrow.reserve(10);
    escrow.apply('a', escrow.publish());
    escrow.reserve(10);
    escrow.settle(10, 4);
    expect([escrow.free, escrow.left]).toEqual([6, 0]);
    escrow.reserve(6);
    escrow.settle(6, 9);
    expect([escrow.free, escrow.left]).toEqual([0, -3]);
    expect(escrow.reserve(1)).toBe('refused');
  });

  it('ignores an answer that it did not wait for', () => {
    const escrow = new Escrow('a', 10);
    escrow.reserve(4);
    const asked = escrow.publish();
    escrow.withdraw();
    expect(escrow.apply('a', asked)).toBe(false);
    expect([escrow.free, escrow.publish()]).toEqual([0, claim(0, 0, 0, 1)]);
  });

  it('counts a dead boot until its claim is settled or removed', () => {
    const escrow = new Escrow('a', 10);
    escrow.apply('dead', claim(2, 10));
    expect(escrow.reserve(1)).toBe('refused');
    escrow.apply('dead', claim(2, 2));
    expect(escrow.left).toBe(8);
    escrow.apply('dead', null);
    expect(escrow.left).toBe(10);
  });
});

const RUNS = 2_000;
/** A bound for a machine that has other things to do. */
const WITHIN_MS = 60_000;
const amounts = fc.integer({ min: 1, max: 4 });
const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('call' as const), amount: amounts }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), used: fc.integer({ min: 0, max: 6 }) }) },
  ...(['publish', 'send', 'read', 'read', 'read', 'read'] as const).map((name) => ({
    weight: 5,
    arbitrary: fc.record({ do: fc.constant(name) }),
  })),
  ...(['giveBack', 'withdraw', 'crash', 'compact'] as const).map((name) => ({
    weight: 1,
    arbitrary: fc.record({ do: fc.constant(name) }),
  })),
);
const busy = ['publish', 'send', 'read'] as const;
const histories = fc.array(fc.tuple(fc.nat(2), actions), { minLength: 40, maxLength: 250 });

describe('three replicas, in whatever order things happen, crash, arrive late or are compacted away', () => {
  it(
    'never spend more than the limit and what calls used beyond their own reservations',
    () => {
      let reached = 0;
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 20 }), histories, (limit, history) => {
          const world = new EscrowWorld(limit, 3);
          let most = 0;
          for (const [replica, action] of history) {
            world.step(replica, action);
            const { all, beyond } = world.spent();
            most = Math.max(most, all - beyond);
          }
          expect(most).toBeLessThanOrEqual(limit);
          if (most === limit) reached += 1;
        }),
        { numRuns: RUNS },
      );
      // Histories that never come to the limit would prove nothing.
      expect(reached).toBeGreaterThan(RUNS / 20);
    },
    WITHIN_MS,
  );

  it(
    'let exactly as many of many calls at once through as one counter would, whoever asks when, and hear of each other late',
    () => {
      const calls = fc.array(fc.nat(2), { minLength: 12, maxLength: 64 });
      const orders = fc.infiniteStream(fc.nat(1_000));
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 30 }), calls, orders, (limit, made, order) => {
          const world = new EscrowWorld(limit, 3);
          const next = (of: number) => (order.next().value as number) % of;
          for (const replica of made) {
            world.step(replica, { do: 'call', amount: 1 });
            // Some of what is said arrives meanwhile.
            for (let n = next(4); n > 0; n -= 1) world.step(next(3), { do: busy[next(busy.length)] ?? 'read' });
          }
          const refused = world.settleDown(next);
          const twin = Math.min(limit, made.length);
          expect(world.spent().all).toBe(twin);
          expect(refused).toHaveLength(made.length - twin);
        }),
        { numRuns: RUNS },
      );
    },
    WITHIN_MS,
  );

  it(
    'leave nothing locked away: once all is read and the dead are settled, what is left can be had',
    () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 60 }), histories, fc.nat(2), (limit, history, replica) => {
          const world = new EscrowWorld(limit, 3);
          for (const [on, action] of history) world.step(on, action);
          world.rest();
          const left = limit - world.spent().all;
          expect(left <= 0 || world.admits(replica, left)).toBe(true);
          expect(world.admits(replica, 1)).toBe(false);
        }),
        { numRuns: 1_000 },
      );
    },
    WITHIN_MS,
  );
});
