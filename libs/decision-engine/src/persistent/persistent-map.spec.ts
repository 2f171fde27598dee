import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { PersistentMap } from './persistent-map.js';

const key = fc.integer({ min: 0, max: 400 }).map((n) => `Role/role-${n}`);
const change = fc.record({ key, value: fc.option(fc.nat(5)) });
const changes = fc.array(fc.array(change, { maxLength: 120 }), { maxLength: 12 });

it('holds what a plain map would, and leaves every earlier map as it was', () => {
  fc.assert(
    fc.property(changes, (revisions) => {
      const plain = new Map<string, number>();
      const kept: [PersistentMap<number>, Map<string, number>][] = [];
      let map = PersistentMap.empty<number>();
      for (const revision of revisions) {
        const edit = map.begin();
        for (const { key: name, value } of revision) {
          if (value === null) edit.delete(name);
          else edit.set(name, value);
        }
        map = edit.done();
        for (const { key: name, value } of revision) {
          if (value === null) plain.delete(name);
          else plain.set(name, value);
        }
        kept.push([map, new Map(plain)]);
      }
      for (const [made, expected] of kept) {
        expect(new Map(made.entries())).toEqual(expected);
        expect(made.size).toBe(expected.size);
      }
    }),
    { numRuns: 150 },
  );
});

it('names exactly the entries that differ between any two maps', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 300 }), fc.array(change, { maxLength: 60 }), (first, second) => {
      const apply = (map: PersistentMap<number>, list: typeof first) =>
        list.reduce((made, { key: name, value }) => (value === null ? made.delete(name) : made.set(name, value)), map);
      const before = apply(PersistentMap.empty<number>(), first);
      const after = apply(before, second);
      const found = new Map([...before.differences(after)].map(([name, old, now]) => [name, [old, now]]));
      const names = new Set([...before.entries(), ...after.entries()].map(([name]) => name));
      const expected = new Map(
        [...names]
          .filter((name) => before.get(name) !== after.get(name))
          .map((name) => [name, [before.get(name), after.get(name)]]),
      );
      expect(found).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

it('is itself when nothing changed', () => {
  const map = PersistentMap.of([['a', 1]]);
  expect(map.delete('b')).toBe(map);
  expect(map.begin().done()).toBe(map);
});
