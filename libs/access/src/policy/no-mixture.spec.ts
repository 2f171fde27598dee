import { decide } from '#libs/decision-engine';
import { expect, it } from 'vitest';
import { binding, Publisher, role, watchedView } from './policy.fixture.js';

const REVISIONS = 120;
const READERS = 4;
const TEAMS = ['one', 'two', 'three'];
/** More than is compiled at once, so that revisions overlap with readers. */
const ROLES_PER_TEAM = 60;

/** Every statement of a revision carries its number. */
function revision(n: number) {
  return TEAMS.flatMap((team) =>
    Array.from({ length: ROLES_PER_TEAM }, (_, i) => {
      const made = role(`${team}-${i}`, 'model:**');
      const id = `r${n}`;
      const statements = [{ id, effect: 'allow', actions: ['key:create'], resources: ['key:**'] }];
      return { ...made, spec: { statements } };
    }),
  );
}

const asked = {
  principal: { id: 'u', kind: 'user', tenant: 'acme', teams: TEAMS, groups: [], labels: {} },
  action: 'key:create',
  resource: { type: 'key', path: 'k' },
  credential: { kind: 'pat' },
  request: { operation: 'admin', timeMs: 0 },
} as const;

it('cites statements of the revision that it states and of no other, however fast revisions follow each other', async () => {
  const { view, put } = watchedView();
  const publisher = new Publisher();
  const bindings = TEAMS.flatMap((team) =>
    Array.from({ length: ROLES_PER_TEAM }, (_, i) => binding(`${team}-${i}`, `team:${team}`, `${team}-${i}`)),
  );
  put(publisher.apply([...revision(1), ...bindings]));
  const seen = new Set<number>();
  const wrong: string[] = [];
  const state = { isOver: false };
  let decisions = 0;
  const look = () => {
    const snapshot = view.snapshot('acme');
    if (!snapshot) return void wrong.push('no snapshot');
    const { allowed, statements } = decide(snapshot, asked);
    decisions += 1;
    seen.add(snapshot.policyRevision);
    const isWhole = statements.every((id) => id.endsWith(`/r${snapshot.policyRevision}`));
    if (!allowed || !isWhole) wrong.push(`${snapshot.policyRevision}: ${statements.join(' ')}`);
  };
  const reader = async () => {
    while (!state.isOver) {
      look();
      await new Promise(setImmediate);
    }
  };
  const readers = Array.from({ length: READERS }, reader);
  for (let n = 2; n <= REVISIONS; n += 1) {
    for (const record of publisher.apply(revision(n))) {
      put([record]);
      if (decisions % 7 === 0) look();
    }
    await new Promise(setImmediate);
  }
  await view.settled();
  look();
  state.isOver = true;
  await Promise.all(readers);
  expect(wrong).toEqual([]);
  expect(view.snapshot('acme')?.policyRevision).toBe(REVISIONS);
  expect(seen.size).toBeGreaterThan(5);
}, 60_000);
