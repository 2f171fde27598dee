import { RevisionPublished, SetDigest, type DocumentChange } from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { policySetDecider, type PublishRevision } from './policy-set.decider.js';
import { policySetSnapshots } from './policy-set.snapshots.js';
import { policyState } from './policy-state.projection.js';

const given = specFor(policySetDecider);
const at = '2026-11-23T09:00:00.000Z';
const role = (name: string, digest: string | null): DocumentChange => ({
  kind: 'Role',
  name,
  document: digest === null ? null : { digest },
  digest,
  freeText: null,
});
const sha256 = (text: string) => `digest of ${text}`;
const command = (...changes: DocumentChange[]): PublishRevision => ({
  type: 'PublishRevision',
  tenantId: 'acme',
  author: 'user_1',
  reason: null,
  rollbackOf: null,
  changes,
  at,
  sha256,
});
const published = (
  revision: number,
  documentCount: number,
  set: Record<string, string>,
  ...changes: DocumentChange[]
) =>
  RevisionPublished.of({
    tenantId: 'acme',
    revision,
    author: 'user_1',
    reason: null,
    rollbackOf: null,
    changes,
    documentCount,
    setDigest: SetDigest.of(
      Object.entries(set).map(([name, digest]) => ({ kind: 'Role', name, digest })),
      sha256,
    ).value,
    at,
  });
const first = published(1, 2, { a: 'A', b: 'B' }, role('a', 'A'), role('b', 'B'));

describe('publishing a revision', () => {
  it('numbers it and describes the whole set in force', () =>
    given()
      .when(command(role('b', 'B'), role('a', 'A')))
      .expect(published(1, 2, { a: 'A', b: 'B' }, role('b', 'B'), role('a', 'A'))));

  it('makes none of a bundle that is in force already', () =>
    given(first)
      .when(command(role('a', 'A')))
      .expect());

  it('carries only what differs', () =>
    given(first)
      .when(command(role('a', 'A'), role('b', 'C')))
      .expect(published(2, 2, { a: 'A', b: 'C' }, role('b', 'C'))));

  it('deletes a document, and says so in the set', () =>
    given(first)
      .when(command(role('a', null)))
      .expect(published(2, 1, { b: 'B' }, role('a', null))));

  it('deletes nothing twice', () =>
    given(first)
      .when(command(role('zzz', null)))
      .expect());
});

it('publishes every document of a revision before the head that puts them in force', () => {
  expect(policyState.keys(first)).toEqual(['acme/Role/a@1', 'acme/Role/b@1', 'acme/head']);
});

it('names the former revision in the head', () => {
  const second = published(2, 1, {}, role('a', null));
  const open = () => undefined;
  expect(policyState.project('acme/head', undefined, second, open)).toMatchObject({ revision: 2, former: 1 });
  expect(policyState.project('acme/Role/a@2', undefined, second, open)).toEqual({ deleted: true });
});

describe('a prompt', () => {
  const prompt = (digest: string, env: string): DocumentChange => {
    const document = { metadata: { name: 'p', tenant: 'acme', tags: { env } } };
    return { kind: 'Prompt', name: 'p', document, digest, freeText: null };
  };
  const decided = (history: Parameters<typeof given>, change: DocumentChange) => {
    const state = history.reduce(policySetDecider.evolve, policySetDecider.initialState());
    return policySetDecider.decide(command(change), state);
  };
  const kept = { version: 1, revision: 1, digest: 'A' };

  it('has its record say which version it is and which ones it keeps', () => {
    const [promoted] = decided([], prompt('A', 'production'));
    if (!promoted) throw new Error('nothing was decided');
    const [draft] = decided([promoted], prompt('B', 'staging'));
    const said = [promoted, draft].map((event) => event?.data.changes[0]?.prompt);
    expect(said).toEqual([
      { version: 1, kept: [kept] },
      { version: 2, kept: [kept] },
    ]);
    const record = policyState.project('acme/Prompt/p@1', undefined, promoted, () => undefined);
    const { document, digest } = prompt('A', 'production');
    expect(record).toEqual({ document, digest, prompt: said[0] });
  });

  it('keeps its numbers through a snapshot of its stream', () => {
    const [promoted] = decided([], prompt('A', 'production'));
    const state = policySetDecider.evolve(policySetDecider.initialState(), promoted as never);
    const read = policySetSnapshots.read(JSON.parse(JSON.stringify(policySetSnapshots.write(state))));
    expect(read).toEqual(state);
  });
});
