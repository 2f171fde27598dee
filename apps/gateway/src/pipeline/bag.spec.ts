import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Bag, type Held } from './bag.js';

it('holds what was put in and not taken out again, in whatever order and however often that happens', () => {
  // Above 4 something is put in; else one of those that are there is taken out.
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 200 }), (steps) => {
      const bag = new Bag<number>();
      const held: Held<number>[] = [];
      for (const [n, step] of steps.entries()) {
        if (step > 4) held.push(bag.add(n));
        else for (const one of held.splice((step * held.length) / 5, 1)) [1, 2].forEach(() => bag.remove(one));
        expect(bag.size).toBe(held.length);
        expect(bag.things().toSorted()).toEqual(held.map(({ thing }) => thing).toSorted());
      }
    }),
  );
});

it('can be emptied while it is looked through', () => {
  const bag = new Bag<string>();
  const held = new Map(['a', 'b', 'c'].map((thing) => [thing, bag.add(thing)]));
  const seen = bag.things();
  for (const thing of seen) bag.remove(held.get(thing) as Held<string>);
  expect([seen, bag.size]).toEqual([['a', 'b', 'c'], 0]);
});
