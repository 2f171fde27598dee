import { readDocument } from '#libs/policy-language';
import { expect, it } from 'vitest';
import { compile, isAdministrator } from '../index.js';

const bind = (name: string, subject: string, spec: object = {}) =>
  readDocument({
    apiVersion: 'gatehouse/v1',
    kind: 'RoleBinding',
    metadata: { name, tenant: 'acme' },
    spec: { subjects: [subject], roles: ['admin'], ...spec },
  });
const principal = (id: string, tenant = 'acme', teams: string[] = []) =>
  ({ id, kind: 'user', tenant, teams, groups: [], labels: {} }) as const;
const snapshot = compile({
  tenant: 'acme',
  documents: [
    bind('own', 'user:ada'),
    bind('team', 'team:platform'),
    bind('part', 'user:pat', { resources: ['policy:Role/*'] }),
    bind('over', 'user:old', { expires: '2026-01-01T00:00:00Z' }),
  ],
  platformDocuments: [],
  policyRevision: 1,
  platformRevision: 0,
});
const now = Date.parse('2026-06-01T00:00:00Z');

it('is whoever holds the built-in role on all of the tenant, by whichever subject', () => {
  expect(isAdministrator(snapshot, principal('ada'), now)).toBe(true);
  expect(isAdministrator(snapshot, principal('tom', 'acme', ['platform']), now)).toBe(true);
});

it.each([
  ['nobody in particular', principal('bob')],
  ['who holds it on some resources', principal('pat')],
  ['whose binding has ended', principal('old')],
  ['somebody of the same id in another tenant', principal('ada', 'globex')],
])('is not %s', (_, who) => expect(isAdministrator(snapshot, who, now)).toBe(false));
