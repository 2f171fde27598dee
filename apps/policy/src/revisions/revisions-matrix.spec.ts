import { readFileSync } from 'node:fs';
import { SetDigest, type DocumentChange } from '#libs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { policySetDecider } from './policy-set.decider.js';

type Wanted = Readonly<Record<string, string | null>>;
type Case = { name: string; steps: { want: Wanted; revision: number; set: Record<string, string> }[] };

const file = new URL('../../cases/08-revisions.yaml', import.meta.url);
const matrix = parse(readFileSync(file, 'utf8')) as { rule: string; cases: Case[] };
const sha256 = (text: string) => `digest of ${text}`;
const { decide, evolve, initialState } = policySetDecider;

/** Publishes what is wanted, and evolves by what became of it. */
function publish(state: ReturnType<typeof initialState>, wanted: Wanted) {
  const changes = Object.entries(wanted).map(([name, digest]): DocumentChange => {
    return { kind: 'Role', name, digest, document: digest === null ? null : { digest }, freeText: null };
  });
  const rest = { author: 'user_1', reason: null, rollbackOf: null, at: '2026-11-23T09:00:00.000Z', sha256 };
  const events = decide({ type: 'PublishRevision', tenantId: 'acme', changes, ...rest }, state);
  return { events, state: events.reduce(evolve, state) };
}
const setOf = ({ documents }: ReturnType<typeof initialState>) =>
  Object.fromEntries(Array.from(documents.values(), ({ name, digest }) => [name, digest]));
const documentsOf = (set: Record<string, string>) =>
  Object.entries(set).map(([name, digest]) => ({ kind: 'Role', name, digest }));

describe.each([matrix])('$rule', ({ cases }) => {
  it.each(cases)('$name', ({ steps }) => {
    let state = initialState();
    for (const { want, revision, set } of steps) {
      ({ state } = publish(state, want));
      expect({ revision: state.revision, set: setOf(state) }).toEqual({ revision, set });
    }
  });

  it('holds for any history: numbers without a gap, each with the digest of its whole set, none without a change', () => {
    const bundle = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('A', 'B', null));
    fc.assert(
      fc.property(fc.array(bundle, { maxLength: 12 }), (history) => {
        let state = initialState();
        let model: Record<string, string> = {};
        for (const wanted of history) {
          const next = Object.fromEntries(
            Object.entries({ ...model, ...wanted }).filter((entry): entry is [string, string] => entry[1] !== null),
          );
          const held = state;
          const heldSet = setOf(held);
          const { events, state: after } = publish(state, wanted);
          const isSame =
            SetDigest.of(documentsOf(next), sha256).value === SetDigest.of(documentsOf(model), sha256).value;
          expect(events.map(({ data }) => [data.revision, data.documentCount, data.setDigest])).toEqual(
            isSame
              ? []
              : [[held.revision + 1, Object.keys(next).length, SetDigest.of(documentsOf(next), sha256).value]],
          );
          expect(setOf(after)).toEqual(next);
          // What was in force is as it was: a revision is immutable.
          expect(setOf(held)).toEqual(heldSet);
          expect(publish(after, wanted).events).toEqual([]);
          [state, model] = [after, next];
        }
      }),
    );
  });
});
