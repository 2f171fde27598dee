import { canonicalJson, readDocument, type PolicyDocument, type SourceFile } from '#libs/policy-language';
import { expect, it } from 'vitest';
import type { StandingSets } from '../apply/standing.adapter.js';
import { BundleIntake } from '../drafting/bundle-intake.js';
import { Bundles, draft, readBundle } from '../drafting/draft.js';
import type { Drafting } from '../drafting/drafting.js';
import type { DraftJob } from '../drafting/draft-messages.js';
import { CompiledTenants } from '../drafting/compiled-tenants.js';
import { ParsedDocuments } from '../drafting/parsed-documents.js';
import { sha256 } from '../drafting/wanted-change.js';
import { present } from '../who-can/present.fixture.js';
import { CheckController } from './check.controller.js';

const document = (kind: string, name: string, spec: object) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme' }, spec });
const inForce: readonly PolicyDocument[] = [
  document('ProviderAccount', 'main', { provider: 'openai', baseUrl: 'https://upstream.example/v1' }),
  document('RoleBinding', 'devs', { subjects: ['team:devs'], roles: ['developer'] }),
];
const own = inForce.map((each) => {
  const text = canonicalJson(each);
  return { kind: each.kind, name: each.metadata.name, revision: 1, digest: sha256(text), freeText: null, text };
});

/** What the thread does, without one. */
function drafting(): Drafting {
  const bundles = new Bundles();
  const read = (files: readonly SourceFile[]) => Promise.resolve(readBundle(bundles.read(files)));
  const work = (job: DraftJob) =>
    Promise.resolve(
      draft(job, { bundles, parsed: new ParsedDocuments(), compiled: new CompiledTenants() }, () => undefined),
    );
  return { read, draft: work } as unknown as Drafting;
}

async function check(yaml: string) {
  const { access, scope, identity, clock, caller } = present();
  Object.assign(access, { requireAll: () => undefined });
  const intake = new BundleIntake(identity, { freeText: Buffer.alloc(32) } as never);
  const standing = { of: () => Promise.resolve({ version: 1, own, platform: [] }) } as unknown as StandingSets;
  const addresses = { refused: () => [] } as never;
  const controller = new CheckController(access, scope, standing, drafting(), intake, addresses, identity, clock);
  return controller.check(caller, yaml, undefined, {});
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
