import * as fc from 'fast-check';
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { SetDigest, type DigestedDocument } from './set-digest.js';
import { setDigestInput } from './state-keys.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const documents = fc
  .array(fc.record({ kind: fc.constantFrom('Role', 'Model'), name: fc.nat(30).map(String), version: fc.nat(3) }))
  .map(
    (list) =>
      new Map(
        list.map(({ kind, name, version }) => [
          `${kind}/${name}`,
          { kind, name, digest: sha256(`${kind}${name}${version}`) },
        ]),
      ),
  );

it('is the same whichever way a set came to be, and of no other set', () => {
  fc.assert(
    fc.property(documents, documents, (one, other) => {
      const changes = [...new Set([...one.keys(), ...other.keys()])].map((id) => ({
        before: one.get(id),
        after: other.get(id),
      }));
      const arrived = SetDigest.of(one.values(), sha256).with(changes);
      const whole = SetDigest.of([...other.values()].toReversed(), sha256);
      expect([arrived.value, arrived.size]).toEqual([whole.value, other.size]);
      expect(arrived.is(whole.value)).toBe(true);
      expect(arrived.is(sha256(setDigestInput(other.values())))).toBe(true);
      const isEqual = setDigestInput(one.values()) === setDigestInput(other.values());
      expect(SetDigest.of(one.values(), sha256).is(whole.value)).toBe(isEqual);
    }),
    { numRuns: 200 },
  );
});

it('tells apart sets that differ in one name, one digest or one document', () => {
  const of = (...list: DigestedDocument[]) => SetDigest.of(list, sha256).value;
  const [a, b] = [
    { kind: 'Role', name: 'a', digest: sha256('a') },
    { kind: 'Role', name: 'b', digest: sha256('b') },
  ];
  const values = [
    of(),
    of(a),
    of(b),
    of(a, b),
    of({ ...a, name: 'c' }),
    of({ ...a, digest: b.digest }),
    of({ ...a, kind: 'Model' }),
  ];
  expect(new Set(values).size).toBe(values.length);
});
