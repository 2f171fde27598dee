import { readDocument } from '#libs/policy-language';
import { expect, it } from 'vitest';
import { compile, statementsHeld, type Principal } from '../index.js';

const document = (kind: string, name: string, spec: object) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme' }, spec });
const statement = (id: string, effect: string) => ({ id, effect, actions: ['key:read'], resources: ['key:**'] });
const snapshot = compile({
  tenant: 'acme',
  documents: [
    document('Role', 'own', { statements: [statement('yes', 'allow'), statement('no', 'deny')] }),
    document('Role', 'others', { statements: [statement('yes', 'allow')] }),
    document('RoleBinding', 'a', { subjects: ['user:u1'], roles: ['own'] }),
    document('RoleBinding', 'again', { subjects: ['team:t'], roles: ['own'] }),
    document('RoleBinding', 'ended', { subjects: ['user:u1'], roles: ['others'], expires: '2026-01-02T00:00:00Z' }),
  ],
  platformDocuments: [],
  policyRevision: 1,
  platformRevision: 0,
});
const person = (id: string, teams: string[] = []): Principal => {
  return { id, kind: 'user', tenant: 'acme', teams, groups: [], labels: {} };
};
const at = (text: string) => Date.parse(text);

it('names each allow once, by whatever binding it comes, and no deny', () => {
  expect(statementsHeld(snapshot, person('u1', ['t']), at('2026-01-03T00:00:00Z'))).toEqual(['own/yes']);
  expect(statementsHeld(snapshot, person('u2', ['t']), 0)).toEqual(['own/yes']);
  expect(statementsHeld(snapshot, person('u2'), 0)).toEqual([]);
});

it('names what a binding gives until it ends', () => {
  expect(statementsHeld(snapshot, person('u1'), at('2026-01-01T00:00:00Z'))).toEqual(['others/yes', 'own/yes']);
  expect(statementsHeld(snapshot, person('u1'), at('2026-01-02T00:00:00Z'))).toEqual(['own/yes']);
});
