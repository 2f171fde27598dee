import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CompiledRoute } from './routes-in-force.js';
import { targetOrder, type OrderGround } from './target-order.js';

const target = (model: string, weight = 1, priority = 0) => ({ model, weight, priority, fallbackOn: [] });
const route = (strategy: CompiledRoute['strategy'], targets: CompiledRoute['targets'], ttlSeconds?: number) => {
  const sticky = ttlSeconds === undefined ? undefined : { by: ['principal' as const], ttlSeconds };
  return {
    name: 'r',
    rule: 'Route/r',
    model: 'virtual',
    subjects: undefined,
    metadata: undefined,
    strategy,
    targets,
    onDenied: 'refuse',
    sticky,
  } as const;
};
const ground = (given: Partial<OrderGround> = {}): OrderGround => {
  return { random: () => 0.5, holder: undefined, nowMs: 0, firstByteMs: () => undefined, ...given };
};
const first = (given: CompiledRoute, on: OrderGround) => targetOrder(given, on)[0]?.model;
const share = (chosen: readonly (string | undefined)[], name: string) =>
  chosen.filter((model) => model === name).length / chosen.length;

/** A Lehmer generator: the same draws each time. */
function draws(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('an order of targets', () => {
  it('holds each of them once, whatever it rests on', () => {
    const models = fc.uniqueArray(fc.constantFrom('a/1', 'a/2', 'a/3'), { minLength: 1 });
    const strategies = fc.constantFrom<CompiledRoute['strategy'][]>('priority', 'weight', 'latency');
    const speeds = fc.array(fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }), {
      minLength: 3,
      maxLength: 3,
    });
    fc.assert(
      fc.property(
        models,
        strategies,
        speeds,
        fc.option(fc.string(), { nil: undefined }),
        (names, strategy, ms, holder) => {
          const firstByteMs = (name: string) => ms[Number(name.at(-1)) - 1];
          const given = route(
            strategy,
            names.map((name) => target(name)),
            60,
          );
          const order = targetOrder(given, ground({ holder, firstByteMs }));
          expect(order.map(({ model }) => model).toSorted()).toEqual(names.toSorted());
        },
      ),
    );
  });

  it('by weight has a target first as often as the weights say', () => {
    const given = route('weight', [target('a/1', 3), target('a/2', 1)]);
    const random = draws();
    const chosen = Array.from({ length: 4_000 }, () => first(given, ground({ random })));
    expect(share(chosen, 'a/1')).toBeCloseTo(0.75, 1);
  });
});

describe('a sticky order', () => {
  const given = route('weight', [target('a/1', 3), target('a/2', 1), target('a/3', 1)], 600);
  const holders = Array.from({ length: 3_000 }, (_, n) => `["user_${n}"]`);
  const chosenAt = (nowMs: number, of = given) =>
    holders.map((holder) => first(of, ground({ holder, nowMs, random: draws() })));

  it('is the same for a holder wherever it is drawn, and has holders spread as the weights say', () => {
    const chosen = chosenAt(0);
    expect(chosenAt(0)).toEqual(chosen);
    expect(share(chosen, 'a/1')).toBeCloseTo(0.6, 1);
  });

  it('lasts for its period, after which holders are drawn anew, not all at once', () => {
    const [before, halfway, after] = [chosenAt(0), chosenAt(300_000), chosenAt(600_000)];
    const moved = (later: typeof before) => later.filter((model, n) => model !== before[n]).length / later.length;
    expect(moved(halfway)).toBeGreaterThan(0.1);
    expect(moved(after)).toBeGreaterThan(moved(halfway) * 1.3);
  });

  it('moves nobody but the holders of a target that is taken away', () => {
    const fewer = { ...given, targets: given.targets.slice(0, 2) };
    const before = chosenAt(0);
    const after = chosenAt(0, fewer);
    const stayed = before.map((model, n) => (model === 'a/3' ? after[n] : model));
    expect(after).toEqual(stayed);
  });

  it('by priority stays inside the first priority', () => {
    const ranked = route('priority', [target('a/1'), target('a/2'), target('a/3', 100, 1)], 600);
    const chosen = chosenAt(0, ranked);
    expect([share(chosen, 'a/1') > 0.4, share(chosen, 'a/2') > 0.4, share(chosen, 'a/3')]).toEqual([true, true, 0]);
  });
});

describe('an order by latency', () => {
  const targets = ['a/1', 'a/2', 'a/3'].map((name) => target(name));
  const given = route('latency', targets);
  const speeds: Record<string, number> = { 'a/1': 30, 'a/2': 10 };
  const firstByteMs = (name: string) => speeds[name];

  it('has the fastest first and what was not measured last, but for a tenth of the calls', () => {
    const random = draws();
    const chosen = Array.from({ length: 4_000 }, () => first(given, ground({ random, firstByteMs })));
    expect(share(chosen, 'a/3')).toBeCloseTo(0.1, 1);
    expect(share(chosen, 'a/2')).toBeCloseTo(0.9, 1);
  });

  it('is that of the document where nothing was measured', () => {
    expect(targetOrder(given, ground())).toEqual(targets);
  });
});
