import { canonicalJson, parseBundle, readDocument } from '#libs/policy-language';
import { expect, it } from 'vitest';
import { bundleChanges, knownChanges } from './read-changes.js';
import { deletionOf, sha256 } from './wanted-change.js';

const file = (text: string) => [{ name: 'a.yaml', text }];
const limits = `apiVersion: gatehouse/v1
kind: Limits
metadata: {name: demo, tenant: acme}
spec: {rules: [{id: rpm, when: {}, limit: 10, unit: requests_per_minute}]}
`;

function read(text: string, refused: readonly 'Limits'[]) {
  const files = file(text);
  const source = { type: 'bundle', files, ids: {}, mode: 'apply', textKey: Buffer.alloc(32) } as const;
  const inForce = { tenantDocuments: [], platformDocuments: [] };
  return bundleChanges(parseBundle(files), source, { own: [], platform: [] }, inForce, new Set(refused));
}

it('refuses a kind that no gateway acts on, with its place: limits that hold nobody back are worse than none', () => {
  const { errors, wanted } = read(limits, ['Limits']);
  expect([errors.map(({ rule, line }) => `${rule} ${line}`), wanted]).toEqual([['kind-not-in-force 2'], []]);
  expect(read(limits, [])).toMatchObject({ errors: [], wanted: [{ change: { kind: 'Limits', name: 'demo' } }] });
});

const statement = { id: 'one', effect: 'allow', actions: ['key:read'], resources: ['key:**'] };
const document = (kind: string, name: string, spec: object, tags?: object) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme', ...(tags && { tags }) }, spec });
const documents = [
  document('ProviderAccount', 'main', { provider: 'openai', baseUrl: 'https://upstream.example/v1' }),
  document('Model', 'main/small', { upstreamModel: 'small', types: ['chat'] }, { env: 'production' }),
  document('Role', 'reader', { statements: [statement] }),
  document('Role', 'unbound', { statements: [statement] }),
  document('RoleBinding', 'readers', { subjects: ['user:user_1'], roles: ['reader'] }),
  document('Route', 'r', { model: 'assistant', strategy: 'priority', targets: [{ model: 'main/small', priority: 0 }] }),
];
const inForce = { tenantDocuments: documents, platformDocuments: [] };
const sets = {
  platform: [],
  own: documents.map((each) => {
    const text = canonicalJson(each);
    return { kind: each.kind, name: each.metadata.name, text, digest: sha256(text) };
  }),
};

it('does not let a bundle that prunes lean on what it prunes', () => {
  const text = `apiVersion: gatehouse/v1
kind: RoleBinding
metadata: {name: others, tenant: acme}
spec: {subjects: ["user:user_2"], roles: [reader]}
`;
  const as = (mode: 'apply' | 'replace') =>
    bundleChanges(
      parseBundle(file(text)),
      { type: 'bundle', files: file(text), ids: {}, mode, textKey: Buffer.alloc(32) },
      sets,
      inForce,
    );
  expect(as('apply').errors).toEqual([]);
  expect(as('replace').errors.map(({ rule, line }) => `${rule} ${line}`)).toEqual(['unknown-role 4']);
});

it.each([
  ['a role that is bound', { kind: 'Role', name: 'reader' }, ['RoleBinding/readers unknown-role /spec/roles/0']],
  [
    'an account of models',
    { kind: 'ProviderAccount', name: 'main' },
    ['Model/main/small unknown-provider-account /metadata/name'],
  ],
  ['a target of a route', { kind: 'Model', name: 'main/small' }, ['Route/r unknown-model /spec/targets/0/model']],
  ['what nothing names', { kind: 'Role', name: 'unbound' }, []],
] as const)('tells what a deletion leaves behind: %s', (_, gone, told) => {
  const { change } = deletionOf(gone);
  const { errors, warnings, wanted } = knownChanges({ type: 'changes', changes: [change] }, sets, inForce);
  expect([errors, wanted.map((each) => each.change)]).toEqual([[], [change]]);
  expect(warnings.map(({ severity, file: of, rule, pointer }) => `${severity} ${of} ${rule} ${pointer}`)).toEqual(
    told.map((each) => `warning ${each}`),
  );
});
