import { RevisionPublished, type DocumentChange } from '#libs/contracts';
import * as fc from 'fast-check';
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { policySetDecider, type PolicySetState } from './policy-set.decider.js';
import { policySetSnapshots } from './policy-set.snapshots.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const change = fc
  .record({
    kind: fc.constantFrom('Role' as const, 'Prompt' as const),
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    env: fc.constantFrom('production', 'staging', null),
  })
  .map(({ kind, name, env }): DocumentChange => {
    const document = env && { kind, metadata: { name, tags: { env } } };
    return { kind, name, document, digest: document && sha256(JSON.stringify(document)), freeText: null };
  });
const histories = fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 });

/** What a tenant comes to when bundles are applied one after the other. */
function played(bundles: readonly (readonly DocumentChange[])[]) {
  const about = { type: 'PublishRevision' as const, tenantId: 'acme', author: 'user_1', reason: null, sha256 };
  const events: ReturnType<typeof RevisionPublished.of>[] = [];
  let state = policySetDecider.initialState();
  for (const changes of bundles) {
    const command = { ...about, rollbackOf: null, changes, at: '2026-11-23T09:00:00.000Z' };
    for (const event of policySetDecider.decide(command, state)) {
      events.push(event);
      state = policySetDecider.evolve(state, event);
    }
  }
  return { state, events };
}

const kept = (state: PolicySetState) =>
  policySetSnapshots.read(JSON.parse(JSON.stringify(policySetSnapshots.write(state))));

it('comes, from a snapshot after any revision and the events after it, to what all events come to', () => {
  fc.assert(
    fc.property(histories, fc.nat(), (bundles, at) => {
      const { state, events } = played(bundles);
      const cut = events.length === 0 ? 0 : at % (events.length + 1);
      const fold = (from: PolicySetState, of: typeof events) =>
        of.reduce((s, e) => policySetDecider.evolve(s, e), from);
      const early = fold(policySetDecider.initialState(), events.slice(0, cut));
      expect(fold(kept(early), events.slice(cut))).toEqual(state);
    }),
    { numRuns: 100 },
  );
});
