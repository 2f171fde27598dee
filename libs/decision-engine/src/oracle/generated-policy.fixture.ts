import { readDocument, type PolicyDocument } from '#libs/policy-language';
import * as fc from 'fast-check';

const accounts = ['alpha', 'beta'];
export const models = ['alpha/one', 'alpha/two-preview', 'beta/one', 'beta/three', 'beta/four'];
export const teams = ['red', 'blue'];
export const patterns = [
  '**',
  'model:**',
  'model:*/*',
  'model:alpha/*',
  'model:*/one',
  'model:*/*-preview',
  'model:beta/four',
  'model:*/t*e*',
  'key:**',
  'key:k1',
  'policy:Role/*',
  'policy:**',
  'prompt:p*',
];
export const actionPatterns = [
  '*',
  'model:*',
  'model:invoke',
  'model:list',
  'key:*',
  'key:revoke',
  '*:read',
  'policy:apply',
  'prompt:read',
];
const bindable = ['user:u1', 'user:u2', 'team:red', 'team:blue', 'virtual-account:bot', 'idp-group:g', 'everyone'];
const bounded = [...bindable, '*', 'virtual-account:*', 'user:*'];
export const environments = ['production', 'staging', 'development'];
export const operations = ['chat', 'embeddings', 'admin'];
const roleNames = ['r0', 'r1', 'r2', 'admin', 'manager', 'developer', 'analyst', 'viewer', 'auditor', 'p0'];
export const instants = ['2026-01-01T00:00:00Z', '2026-06-01T09:00:00Z', '2026-12-31T00:00:00+02:00'];

export const some = <T>(items: readonly T[], max = 3) =>
  fc.uniqueArray(fc.constantFrom(...items), { minLength: 1, maxLength: max });
export const perhaps = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const text = (attr: string, values: readonly string[], refs: readonly string[]) => {
  const ref = fc.constantFrom(...refs).map((name) => ({ ref: name }));
  return fc.oneof(
    fc.oneof(fc.constantFrom(...values), ref).map((eq) => ({ attr, eq })),
    fc.oneof(fc.constantFrom(...values), ref).map((ne) => ({ attr, ne })),
    fc.oneof(some(values), fc.constant({ ref: 'principal.teams' })).map((list) => ({ attr, in: list })),
    some(values).map((notIn) => ({ attr, notIn })),
    fc.boolean().map((exists) => ({ attr, exists })),
    fc.constantFrom('*', '**', `${values[0]?.slice(0, 2)}*`, '*e*', '*/*').map((glob) => ({ attr, glob })),
  );
};
const list = (attr: string, values: readonly string[]) =>
  fc.oneof(
    some(values).map((anyOf) => ({ attr, anyOf })),
    fc.oneof(some(values), fc.constant({ ref: 'principal.groups' })).map((allOf) => ({ attr, allOf })),
    fc.boolean().map((exists) => ({ attr, exists })),
  );
const number = fc.tuple(fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte'), fc.integer({ min: 0, max: 3 }));

const condition = fc.oneof(
  text('resource.tags.env', environments, ['principal.labels.home']),
  text('resource.tags.customer', ['acme', 'globex'], ['principal.tenant']),
  text('resource.name', models, ['resource.tags.env']),
  text('resource.provider', ['openai', 'local'], ['resource.tags.env']),
  text('resource.owner', ['u1', 'u2'], ['principal.id']),
  text('resource.team', teams, ['principal.id']),
  text('resource.tenant', ['acme', 'platform'], ['principal.tenant']),
  text('principal.id', ['u1', 'u2'], ['resource.owner']),
  text('principal.kind', ['user', 'virtual-account'], ['principal.id']),
  text('principal.labels.home', environments, ['resource.tags.env']),
  text('request.operation', operations, ['principal.labels.home']),
  text('request.metadata.project', ['x', 'y'], ['principal.labels.home']),
  text('credential.kind', ['pat', 'vak', 'token'], ['principal.kind']),
  text('credential.labels.constructor', ['a'], ['principal.labels.home']),
  list('principal.teams', teams),
  list('principal.groups', ['g', 'h']),
  list('resource.types', ['chat', 'embedding']),
  fc
    .constantFrom('10.0.0.0/8', '10.1.0.0/16', '2001:db8::/32', '192.0.2.7')
    .map((cidr) => ({ attr: 'request.ip', cidr })),
  some(['10.0.0.0/9', '2001:db8:1::/48']).map((cidr) => ({ attr: 'request.ip', cidr })),
  number.map(([operator, value]) => ({ attr: 'credential.ageDays', [operator]: value })),
  fc.constantFrom(...instants).map((before) => ({ attr: 'request.time', before })),
  fc.constantFrom(...instants).map((after) => ({ attr: 'request.time', after })),
);
const conditions = perhaps(fc.array(condition, { minLength: 1, maxLength: 2 }));
export const scope = { actions: some(actionPatterns), when: conditions, unless: conditions };

const statement = fc.record({
  effect: fc.constantFrom('allow', 'allow', 'allow', 'deny'),
  ...scope,
  resources: some(patterns),
});
const role = (most: number) =>
  fc
    .array(statement, { minLength: 1, maxLength: most })
    .map((statements) => ({ tenantWide: true, statements: statements.map((each, n) => ({ id: `s${n}`, ...each })) }));
const binding = fc.record({
  subjects: some(bindable),
  roles: some(roleNames, 2),
  resources: perhaps(some(patterns)),
  expires: perhaps(fc.constantFrom(...instants)),
});
const boundary = fc.record({
  appliesTo: some(bounded, 2),
  allow: fc.array(fc.record({ ...scope, resources: some(patterns) }), { minLength: 1, maxLength: 3 }),
});
const grant = fc.record({
  subjects: some(bindable, 2),
  actions: some(['model:*', 'model:invoke', 'model:list'], 1),
  when: conditions,
});
export const tags = fc.record({
  env: perhaps(fc.constantFrom(...environments)),
  customer: perhaps(fc.constantFrom('acme', 'globex')),
});
const model = fc.record({
  tags,
  labels: fc.record({ owner: perhaps(fc.constantFrom('u1', 'u2')), team: perhaps(fc.constantFrom(...teams)) }),
  types: some(['chat', 'embedding'], 2),
  grants: perhaps(fc.array(grant, { minLength: 1, maxLength: 2 })),
});

const document = (tenant: string, kind: string, name: string, spec: object, metadata: object = {}) =>
  readDocument(
    JSON.parse(JSON.stringify({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant, ...metadata }, spec })),
  );
const account = (tenant: string, name: string) =>
  document(tenant, 'ProviderAccount', name, {
    provider: name === 'alpha' ? 'openai' : 'local',
    baseUrl: 'https://upstream.example/v1',
  });
const modelOf = (
  tenant: string,
  name: string,
  { tags: held, labels, types, grants }: { tags: object; labels: object; types: unknown; grants: unknown },
) => document(tenant, 'Model', name, { upstreamModel: 'm', types, grants }, { tags: held, labels });

/** Whole sets of a tenant and of the platform: small ones, and ones with more rows than are scanned one by one. */
export const policies: fc.Arbitrary<{ own: PolicyDocument[]; platform: PolicyDocument[] }> = fc
  .record({
    roles: fc.tuple(role(3), role(3), role(40)),
    platformRole: role(2),
    bindings: fc.array(binding, { minLength: 1, maxLength: 9 }),
    platformBinding: perhaps(fc.record({ subjects: some(bindable), roles: fc.constant(['p0']) })),
    boundaries: fc.array(boundary, { maxLength: 2 }),
    platformBoundary: perhaps(boundary),
    models: fc.tuple(model, model, model, model),
    platformModels: fc.tuple(model, model),
  })
  .map((made) => ({
    own: [
      ...accounts.map((name) => account('acme', name)),
      ...made.models.map((each, n) => modelOf('acme', models[n] ?? '', each)),
      ...made.roles.map((spec, n) => document('acme', 'Role', `r${n}`, spec)),
      ...made.bindings.map((spec, n) => document('acme', 'RoleBinding', `b${n}`, spec)),
      ...made.boundaries.map((spec, n) => document('acme', 'Boundary', `c${n}`, spec)),
    ],
    platform: [
      ...accounts.map((name) => account('platform', name)),
      // One that the tenant's hides, and one of the platform alone.
      ...made.platformModels.map((each, n) => modelOf('platform', models[n + 3] ?? '', each)),
      document('platform', 'Role', 'p0', made.platformRole),
      ...(made.platformBinding ? [document('platform', 'RoleBinding', 'pb', made.platformBinding)] : []),
      ...(made.platformBoundary ? [document('platform', 'Boundary', 'pc', made.platformBoundary)] : []),
    ],
  }));
