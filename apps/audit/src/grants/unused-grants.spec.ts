import { compile, STATEMENTS_CITED_MAX, type Principal } from '#libs/decision-engine';
import { readDocument } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
import { unusedGrants, type Citations } from './unused-grants.js';

const statement = (id: string) => ({ id, effect: 'allow', actions: ['key:read'], resources: ['key:**'] });
const document = (kind: string, name: string, spec: object) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme' }, spec });
const snapshot = compile({
  tenant: 'acme',
  documents: [
    document('Role', 'r', { statements: [statement('a'), statement('b'), statement('c')] }),
    document('RoleBinding', 'both', { subjects: ['user:u1', 'user:u2'], roles: ['r'] }),
  ],
  platformDocuments: [],
  policyRevision: 1,
  platformRevision: 0,
});
const people = ['u1', 'u2', 'u3'].map((id): Principal => {
  return { id, kind: 'user', tenant: 'acme', teams: [], groups: [], labels: {} };
});
const found = (cited: Readonly<Record<string, Citations>>, max = 100) =>
  unusedGrants(snapshot, people, new Map(Object.entries(cited)), { nowMs: 0, max }).map(
    (grant) => `${grant.principal_id} ${grant.statement}`,
  );

describe('grants that were not used', () => {
  it('are those that no decision of their holder cited, whoever else used them', () => {
    const used = { u1: { statements: ['r/a', 'r/c', 'gone/x'], longest: 2 } };
    expect(found(used)).toEqual(['u1 r/b', 'u2 r/a', 'u2 r/b', 'u2 r/c']);
  });

  it('are not guessed of whoever has decisions that could not cite all that allowed them', () => {
    const used = { u1: { statements: ['r/a'], longest: STATEMENTS_CITED_MAX } };
    expect(found(used)).toEqual(['u2 r/a', 'u2 r/b', 'u2 r/c']);
  });

  it('end where an answer does', () => {
    expect(found({}, 4)).toEqual(['u1 r/a', 'u1 r/b', 'u1 r/c', 'u2 r/a']);
  });
});
