import type { CatalogueModel } from '#libs/decision-engine';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseTarget, nextTarget } from './choose-target.js';
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
  const weighted = targets.map((model) => ({ model, priority: 0, weight: 1, fallbackOn: [] }));
  const rest = {
    name: 'r',
    rule: 'Route/r',
    model: 'virtual',
    subjects: undefined,
    metadata: undefined,
    strategy: 'priority' as const,
    sticky: undefined,
  };
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
          const choice = chooseTarget(route(targets, denied), route(targets, denied).targets, { model, mayUse });
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
});

describe('the targets after failures', () => {
  it('are those behind in the list that the caller may use, each once, nothing dearer than what was denied', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
        onDenied,
        fc.subarray(names),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
        (targets, denied, usable, prices) => {
          const price = (name: string) => prices[names.indexOf(name)] ?? 0;
          const model = (name: string) => priced(String(price(name))) as CatalogueModel;
          const mayUse = (name: string) => usable.includes(name);
          const first = chooseTarget(route(targets, denied), route(targets, denied).targets, { model, mayUse });
          // Who may use none is refused: nothing is called, so nothing fails.
          fc.pre(first.isAllowed);
          const called: string[] = [];
          for (let next = nextTarget(first, { model, mayUse }); next; next = nextTarget(next, { model, mayUse })) {
            expect(next.reason).toBe('fallback');
            called.push(next.target);
          }
          const [dearest = ''] = targets;
          const behind = targets.slice(targets.indexOf(first.target) + 1);
          const isKept = (name: string) => mayUse(name) && (mayUse(dearest) || price(name) <= price(dearest));
          const isDeniedAway = !mayUse(dearest) && denied !== 'next';
          expect(called).toEqual(isDeniedAway ? [] : behind.filter(isKept));
        },
      ),
    );
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
