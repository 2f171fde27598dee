import type { DocumentChange } from '#libs/contracts';
import type { EventStore, ProjectionRunner } from '#libs/event-store';
import { expect, it } from 'vitest';
import { policySetAggregate } from '../aggregates.js';
import type { DocumentHistory, StoredText } from '../documents/document-history.adapter.js';
import type { PublishRevision } from '../revisions/policy-set.decider.js';
import { StandingSets } from './standing.adapter.js';

const { decider } = policySetAggregate;
const role = (name: string, digest: string | null): DocumentChange => ({
  kind: 'Role',
  name,
  document: digest === null ? null : { digest },
  digest,
  freeText: null,
});

/** A tenant's stream, and its read model, which may be behind. */
function tenant() {
  let state = decider.initialState();
  let reads = 0;
  let table: StoredText[] = [];
  const store = {
    load: (_: unknown, id: string) =>
      Promise.resolve(
        id === 'acme' ? { state, version: state.revision } : { state: decider.initialState(), version: 0 },
      ),
  };
  const history = { texts: () => Promise.resolve(((reads += 1), table)) };
  const sets = new StandingSets(
    store as unknown as EventStore,
    { catchUp: () => Promise.resolve() } as unknown as ProjectionRunner,
    history as unknown as DocumentHistory,
  );
  const publish = (...changes: DocumentChange[]) => {
    const about = {
      type: 'PublishRevision',
      tenantId: 'acme',
      author: 'user_1',
      reason: null,
      rollbackOf: null,
    } as const;
    const command: PublishRevision = { ...about, changes, at: '2026-11-23T09:00:00.000Z', sha256: (text) => text };
    const events = decider.decide(command, state);
    state = events.reduce((held, event) => decider.evolve(held, event), state);
    return { state, events: events.map((event) => ({ event })) as never };
  };
  const fold = () => {
    table = Array.from(state.documents.values(), (each) => ({
      ...each,
      revision: state.revision,
      text: JSON.stringify({ digest: each.digest }),
      freeText: null,
    }));
  };
  return { sets, publish, fold, reads: () => reads };
}

const digests = (own: readonly StoredText[]) =>
  own.map(({ name, digest, revision }) => `${name}=${digest}@${revision}`);

it('knows what stands after its own revisions without reading it again', async () => {
  const { sets, publish, reads } = tenant();
  for (const [changes, after] of [
    [
      [role('a', 'A'), role('b', 'B')],
      ['a=A@1', 'b=B@1'],
    ],
    [[role('a', 'C')], ['a=C@2', 'b=B@1']],
    [[role('b', null)], ['a=C@2']],
  ] as const) {
    const standing = await sets.of('acme');
    sets.took(standing, publish(...changes));
    const { own, version } = await sets.of('acme');
    expect([digests(own), version]).toEqual([after, standing.version + 1]);
    expect(own[0]?.text).toBe(`{"digest":"${own[0]?.digest}"}`);
  }
  expect(reads()).toBe(0);
});

it('reads anew what another process published', async () => {
  const { sets, publish, fold, reads } = tenant();
  sets.took(await sets.of('acme'), publish(role('a', 'A')));
  publish(role('a', 'B'));
  fold();
  expect(digests((await sets.of('acme')).own)).toEqual(['a=B@2']);
  await sets.of('acme');
  expect(reads()).toBe(1);
});

it('keeps nothing of a read model that is behind', async () => {
  const { sets, publish, fold } = tenant();
  publish(role('a', 'A'));
  const behind = await sets.of('acme');
  expect(behind.own).toEqual([]);
  // Nor what is made on it.
  sets.took(behind, publish(role('b', 'B')));
  fold();
  expect(digests((await sets.of('acme')).own)).toEqual(['a=A@2', 'b=B@2']);
});
