import { readDocument } from '#libs/policy-language';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compile, counterExample, type GrantedStatement } from '../index.js';

/** `expected` is `held` where it may be granted, else the first counter-example. */
type Case = { name: string; held: GrantedStatement[]; granted: GrantedStatement; expected: string };

const file = new URL('../../cases/containment/11-nobody-grants-more.yaml', import.meta.url);
const matrix = parse(readFileSync(file, 'utf8')) as { rule: string; cases: Case[] };
const document = (kind: string, name: string, spec: object) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme' }, spec });
const holder = { id: 'mona', kind: 'user', tenant: 'acme', teams: [], groups: [], labels: {} } as const;

describe.each([matrix])('$rule', ({ cases }) => {
  it.each(cases)('$name', ({ held, granted, expected }) => {
    const role = held.length === 0 ? [] : [document('Role', 'held', { statements: held })];
    const roles =
      role.length === 0 ? [] : [document('RoleBinding', 'held', { subjects: ['user:mona'], roles: ['held'] })];
    const documents = [...role, ...roles];
    const input = { tenant: 'acme', documents, platformDocuments: [], policyRevision: 1, platformRevision: 0 };
    const found = counterExample(compile(input), holder, [granted], 0);
    expect(found ? `${found.action} on ${found.resource}` : 'held').toBe(expected);
  });
});
