import { readDocument } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
import { changeCounterExample, compile, type Principal } from '../index.js';

const document = (kind: string, name: string, spec: object) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme' }, spec });
type Statement = { readonly effect?: string; readonly resources: string[]; readonly when?: object[] };
const statement = ({ effect = 'allow', ...rest }: Statement, n: number) => ({
  id: `s${n}`,
  effect,
  actions: ['model:invoke'],
  ...rest,
});

/** Roles by the subject that holds them; `more` is what else is in force. */
function snapshotOf(held: Readonly<Record<string, readonly Statement[]>>, more: readonly [string, object][] = []) {
  const documents = Object.entries(held).flatMap(([subject, statements], n) => [
    document('Role', `r${n}`, { statements: statements.map(statement) }),
    document('RoleBinding', `b${n}`, { subjects: [subject], roles: [`r${n}`] }),
  ]);
  const others = more.map(([name, spec]) => document('Boundary', name, spec));
  const set = { documents: [...documents, ...others], platformDocuments: [] };
  return compile({ tenant: 'acme', ...set, policyRevision: 1, platformRevision: 0 });
}
const person = (id: string, teams: string[] = [], labels: Record<string, string> = {}): Principal => ({
  id,
  kind: 'user',
  tenant: 'acme',
  teams,
  groups: [],
  labels,
});
const mona = { owner: person('mona'), kind: 'pat', restrictions: [] };
const joining = { before: person('bob'), after: person('bob', ['ds']) };
const shown = (
  held: Parameters<typeof snapshotOf>[0],
  change = joining,
  actor: Parameters<typeof changeCounterExample>[1] = mona,
  more: readonly [string, object][] = [],
) => changeCounterExample(snapshotOf(held, more), actor, change, 0);

describe('whoever puts somebody into a team', () => {
  const team = { 'team:ds': [{ resources: ['model:alpha/*'] }] };

  it('must hold what the team gives', () => {
    expect(shown(team)).toEqual({ statement: 'r0/s0', action: 'model:invoke', resource: 'model:alpha/*' });
    expect(shown({ ...team, 'user:mona': [{ resources: ['model:*/*'] }] })).toBeUndefined();
    expect(shown({ ...team, 'user:mona': [{ resources: ['model:alpha/one'] }] })).toBeDefined();
  });

  it('need not hold what the new member has anyway', () => {
    expect(shown({ 'user:bob': [{ resources: ['model:*/*'] }] })).toBeUndefined();
  });

  it('holds no more than the credential that is presented', () => {
    const held = { ...team, 'user:mona': [{ resources: ['model:*/*'] }] };
    expect(shown(held, joining, { ...mona, restrictions: [{ models: ['beta/*'] }] })).toBeDefined();
    expect(shown(held, joining, { ...mona, scopes: ['model:list'] })).toBeDefined();
  });

  it('gains nothing by adding themselves', () => {
    const self = { before: person('mona'), after: person('mona', ['ds']) };
    expect(shown(team, self)).toBeDefined();
  });

  it('must hold what a statement gives to whoever is in it by a condition', () => {
    const read = { resources: ['model:alpha/*'], when: [{ attr: 'principal.teams', in: ['ds'] }] };
    expect(shown({ 'user:bob': [read] })).toBeDefined();
  });
});

describe('whoever takes somebody out of a team, or changes a label', () => {
  const leaving = { before: person('bob', ['ds']), after: person('bob') };
  const allBob = { 'user:bob': [{ resources: ['model:*/*'] }] };

  it('must hold what a deny forbade that ends by it', () => {
    const denied = { ...allBob, 'team:ds': [{ effect: 'deny', resources: ['model:alpha/*'] }] };
    expect(shown(denied, leaving)).toMatchObject({ resource: 'model:alpha/*' });
    expect(shown({ ...denied, 'user:mona': [{ resources: ['model:**'] }] }, leaving)).toBeUndefined();
  });

  it('is refused where a boundary ends by it', () => {
    const boundary: [string, object] = [
      'ceiling',
      { appliesTo: ['team:ds'], allow: [{ actions: ['*'], resources: ['model:alpha/*'] }] },
    ];
    expect(shown(allBob, leaving, mona, [boundary])).toEqual({ statement: 'ceiling', action: '*', resource: '**' });
    expect(shown(allBob, leaving)).toBeUndefined();
  });

  it('must hold what a statement gives to the label, and what one forbade to it', () => {
    const high = { before: person('bob'), after: person('bob', [], { clearance: 'high' }) };
    const gives = { resources: ['model:alpha/*'], when: [{ attr: 'principal.labels.clearance', eq: 'high' }] };
    expect(shown({ 'user:bob': [gives] }, high)).toBeDefined();
    const low = { before: person('bob', [], { clearance: 'low' }), after: person('bob') };
    const forbids = { ...gives, effect: 'deny', when: [{ attr: 'principal.labels.clearance', eq: 'low' }] };
    expect(shown({ 'user:bob': [{ resources: ['model:*/*'] }, forbids] }, low)).toBeDefined();
  });

  it('may set a label that no statement reads', () => {
    const desk = { before: person('bob'), after: person('bob', [], { desk: '4b' }) };
    expect(shown(allBob, desk)).toBeUndefined();
  });
});
