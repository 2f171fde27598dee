import type { PolicyDocument } from '#libs/policy-language';
import { readDocument } from '#libs/policy-language';
import { expect, it } from 'vitest';
import type { ApplyPolicy } from '../apply/apply-policy.js';
import { BundleReader } from '../apply/bundle-reader.js';
import { SubjectNames } from '../apply/subject-names.js';
import { present } from '../who-can/present.fixture.js';
import { CheckController } from './check.controller.js';

const document = (kind: string, name: string, spec: object) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme' }, spec });
const inForce: readonly PolicyDocument[] = [
  document('ProviderAccount', 'main', { provider: 'openai', baseUrl: 'https://upstream.example/v1' }),
  document('RoleBinding', 'devs', { subjects: ['team:devs'], roles: ['developer'] }),
];

async function check(yaml: string) {
  const { access, scope, identity, clock, caller } = present();
  Object.assign(access, { requireAll: () => undefined });
  const subjects = new SubjectNames(identity);
  const reader = new BundleReader(subjects, { freeText: Buffer.alloc(32) } as never);
  const own = inForce.map((each) => ({ document: each, kind: each.kind, name: each.metadata.name }));
  const policy = { standing: () => Promise.resolve({ version: 1, own, platform: [] }) } as unknown as ApplyPolicy;
  return new CheckController(access, scope, reader, policy, subjects, identity, clock).check(caller, yaml, {});
}

const yaml = (kind: string, name: string, rest: string) =>
  `apiVersion: gatehouse/v1\nkind: ${kind}\nmetadata: {name: ${name}, tenant: acme}\n${rest}\n---\n`;
const binding = (subject: string, role: string) =>
  yaml('RoleBinding', 'new', `spec: {subjects: ["${subject}"], roles: [${role}]}`);
const test = (rest: string) => yaml('PolicyTest', 't', rest);

it('runs the tests that a bundle carries on the set that it would make, and names people by address', async () => {
  const asks = `principals: {new: {id: "user:new@acme.example"}, made-up: {id: "user:nobody@acme.example"}}
requests: {read: {action: policy:read, resource: "policy:Role/x"}}
tests:
  - name: reads
    input: {principals: [new, made-up], requests: [read]}
    expected: [{principal: new, request: read, decision: allow, by: [viewer/policy]}]`;
  const answer = await check(binding('user:new@acme.example', 'viewer') + test(asks));
  expect(answer.tests?.suites[0]?.results).toMatchObject([{ name: 'reads', decisions: 2 }]);
  expect(answer).toMatchObject({ object: 'policy_check', tenant: 'acme', passed: true, errors: [] });
});

it('checks invariants for the people there are, against what is in force', async () => {
  const invariants = test('invariants: [{noNewAccessSince: current}]');
  expect(await check(invariants)).toMatchObject({ passed: true });
  const { passed, tests } = await check(binding('virtual-account:etl', 'admin') + invariants);
  expect(passed).toBe(false);
  expect(tests?.suites[0]?.results[0]?.failures[0]).toContain('virtual-account:etl could');
});

it('tells of an address of which nobody is known as apply would', async () => {
  const { passed, errors, tests } = await check(binding('user:who@acme.example', 'viewer'));
  expect([passed, errors.map(({ rule }) => rule), tests]).toEqual([false, ['unknown-subject'], null]);
});
