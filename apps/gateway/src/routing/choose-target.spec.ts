import type { CatalogueModel } from '#libs/decision-engine';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseTarget } from './choose-target.js';
import { isDearer } from './is-dearer.js';
import type { CompiledRoute } from './routes-in-force.js';

const priced = (perRequest: string | undefined): Pick<CatalogueModel, 'cost'> => ({
  cost: perRequest === undefined ? undefined : { perRequest, currency: 'USD' },
});
const names = ['a/1', 'a/2', 'a/3', 'a/4'];
const onDenied = fc.oneof(
  fc.constantFrom('refuse' as const, 'next' as const),
  fc.constantFrom(...names).map((redirect) => ({ redirect })),
);
const route = (targets: readonly string[], denied: CompiledRoute['onDenied']): CompiledRoute => {
  const weighted = targets.map((model) => ({ model, weight: 1, fallbackOn: [] }));
  const rest = { rule: 'Route/r', model: 'virtual', subjects: undefined, strategy: 'priority' as const };
  return { ...rest, targets: weighted, onDenied: denied };
};

describe('the choice of a target', () => {
  it('is that of a naive reading: the first, else what may stand in for it and costs no more', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
        onDenied,
        fc.subarray(names),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
        (targets, denied, usable, prices) => {
          const price = (name: string) => prices[names.indexOf(name)] ?? 0;
          const model = (name: string) =>
            names.includes(name) ? (priced(String(price(name))) as CatalogueModel) : undefined;
          const mayUse = (name: string) => usable.includes(name);
          const choice = chooseTarget(route(targets, denied), { model, mayUse, random: () => 0.5 });
          const first = targets[0] ?? '';
          let wanted: string | undefined = mayUse(first) ? first : undefined;
          const standIns = denied === 'refuse' ? [] : denied === 'next' ? targets.slice(1) : [denied.redirect];
          for (const name of standIns) if (price(name) <= price(first) && mayUse(name)) wanted ??= name;
          expect(choice.isAllowed).toBe(wanted !== undefined);
          expect(choice.target).toBe(wanted ?? first);
        },
      ),
    );
  });

  it('by weight is first as often as the weights say', () => {
    const weighted = { ...route([], 'refuse'), strategy: 'weight' as const };
    const targets = [
      { model: 'a/1', weight: 3, fallbackOn: [] },
      { model: 'a/2', weight: 1, fallbackOn: [] },
    ];
    let state = 1;
    // A Lehmer generator: the same draws each time.
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const ground = { model: () => undefined, mayUse: () => true, random };
    const chosen = Array.from({ length: 4_000 }, () => chooseTarget({ ...weighted, targets }, ground).target);
    expect(chosen.filter((name) => name === 'a/1').length / 4_000).toBeCloseTo(0.75, 1);
  });
});

describe('a model', () => {
  it.each([
    ['1.00000001', '1', true],
    ['1', '1.00', false],
    ['9', '10', false],
    [undefined, '1', false],
    ['0', undefined, false],
    ['1', undefined, true],
    [undefined, undefined, false],
  ])('at %s is dearer than one at %s: %s', (one, other, expected) => {
    expect(isDearer(priced(one), priced(other))).toBe(expected);
  });

  it('in another currency, or beside an unknown one, counts as dearer', () => {
    expect(isDearer({ cost: { perRequest: '1', currency: 'EUR' } }, priced('5'))).toBe(true);
    expect(isDearer(priced('1'), undefined)).toBe(true);
  });
});
