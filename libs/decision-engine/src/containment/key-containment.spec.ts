import { readDocument, type KeyRestrictions } from '#libs/policy-language';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile, compileRestrictions, decide, mayReachModel, type AccessRequest, type Principal } from '../index.js';
import { keyCounterExample } from './key-containment.js';

const models = ['alpha/one', 'alpha/two', 'beta/one'];
const envs = ['production', 'staging'];
const document = (kind: string, name: string, spec: object, tags?: object) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme', ...(tags && { tags }) }, spec });
const catalogue = [
  ...['alpha', 'beta'].map((name) =>
    document('ProviderAccount', name, { provider: 'openai', baseUrl: 'https://upstream.example/v1' }),
  ),
  ...models.map((name, n) => document('Model', name, { upstreamModel: 'm', types: ['chat'] }, { env: envs[n % 2] })),
];
type Spec = {
  readonly actions: string[];
  readonly resources: string[];
  readonly effect?: string;
  readonly when?: object[];
};

/** What each of the two holds, by roles of their own. */
function snapshotOf(held: Readonly<Record<string, readonly Spec[]>>) {
  const roles = Object.entries(held).flatMap(([name, statements]) => [
    document('Role', name, { statements: statements.map((each, n) => ({ id: `s${n}`, effect: 'allow', ...each })) }),
    document('RoleBinding', name, { subjects: [`user:${name}`], roles: [name] }),
  ]);
  const documents = [
    ...catalogue,
    ...roles.filter(({ spec }) => !('statements' in spec) || spec.statements.length > 0),
  ];
  return compile({ tenant: 'acme', documents, platformDocuments: [], policyRevision: 1, platformRevision: 0 });
}
const person = (id: string): Principal => ({ id, kind: 'user', tenant: 'acme', teams: [], groups: [], labels: {} });
const reach = (id: string, restrictions: KeyRestrictions = {}, kind = 'pat') => ({
  owner: person(id),
  kind,
  restrictions: [restrictions],
});
const use = (resources: string[], when?: object[]): Spec => ({
  actions: ['model:invoke', 'model:list'],
  resources,
  ...(when && { when }),
});
const staging = { attr: 'resource.tags.env', in: ['staging'] };

describe('a key issued for somebody else', () => {
  const shown = (issuer: Spec[], owner: Spec[], key: KeyRestrictions = {}, own: KeyRestrictions = {}) =>
    keyCounterExample(snapshotOf({ issuer, owner }), reach('issuer', own), reach('owner', key), 0);

  it('is shown to be within the issuer’s rights where the owner’s statements are', () => {
    expect(shown([use(['model:*/*'])], [use(['model:alpha/*'], [staging])])).toBeUndefined();
  });
  it('is within them where its narrowing takes the rest of the owner’s away', () => {
    const owner = [use(['model:*/*']), { actions: ['policy:apply'], resources: ['policy:**'] }];
    const issuer = [use(['model:alpha/*'])];
    expect(shown(issuer, owner)).toEqual({ statement: 'owner/s0', action: 'model:invoke', resource: 'model:*/*' });
    expect(shown(issuer, owner, { models: ['alpha/one'] })).toBeUndefined();
    expect(shown(issuer, owner, { accounts: ['alpha'] })).toBeUndefined();
    const statements = [{ actions: ['model:*'], resources: ['model:alpha/*'] }];
    expect(shown(issuer, owner, { statements })).toBeUndefined();
    expect(shown([use(['model:*/*'], [staging])], owner, { environments: ['staging'] })).toBeUndefined();
  });
  it('is measured by the credential that issues it, not by whoever holds that', () => {
    const all = [use(['model:*/*']), { actions: ['key:*'], resources: ['key:**'] }];
    expect(shown(all, all)).toBeUndefined();
    for (const own of [
      { models: ['alpha/*'] },
      { cidrs: ['10.0.0.0/8'] },
      { operations: ['admin' as const] },
      { statements: [{ actions: ['key:create'], resources: ['key:**'] }] },
    ]) {
      expect(shown(all, all, {}, own)?.statement).toBe('owner/s0');
    }
    const narrow = { cidrs: ['10.0.0.0/8'] };
    expect(shown(all, all, narrow, narrow)).toBeUndefined();
  });
  it('reaches nothing that a deny of the issuer could touch', () => {
    const issuer = [use(['model:*/*']), { ...use(['model:beta/*']), effect: 'deny' }];
    expect(shown(issuer, [use(['model:*/*'])])?.resource).toBe('model:*/*');
    expect(shown(issuer, [use(['model:*/*'])], { models: ['alpha/*'] })).toBeUndefined();
  });
  it('carries what a token’s scopes name at most', () => {
    const snapshot = snapshotOf({ issuer: [use(['model:*/*'])], owner: [use(['model:*/*'])] });
    const token = { ...reach('issuer'), scopes: ['model:list'] };
    expect(keyCounterExample(snapshot, token, reach('owner'), 0)?.action).toBe('model:invoke');
  });
});

it('a model is within reach where some request could use it, and no model is that nobody knows', () => {
  const when = [staging, { attr: 'request.ip', cidr: '10.0.0.0/8' }];
  const snapshot = snapshotOf({ owner: [use(['model:alpha/*'], when)] });
  const reached = [...models, 'alpha/none'].filter((name) => mayReachModel(snapshot, person('owner'), name, 0));
  expect(reached).toEqual(['alpha/two']);
});

const pattern = fc.constantFrom('model:*/*', 'model:alpha/*', 'model:alpha/one', 'model:beta/*', 'key:**', '**');
const statement = fc
  .record({
    actions: fc.constantFrom<string[]>(['model:invoke'], ['model:*'], ['*'], ['key:create', 'key:read']),
    resources: fc.array(pattern, { minLength: 1, maxLength: 2 }),
    effect: fc.constantFrom('allow', 'allow', 'allow', 'deny'),
    when: fc.constantFrom<object[]>([], [], [staging], [{ attr: 'request.operation', eq: 'chat' }]),
  })
  .map(({ when, ...rest }): Spec => ({ ...rest, ...(when.length > 0 && { when }) }));
const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });
const restricted = fc
  .record({
    models: some(fc.constantFrom(['alpha/*'], ['alpha/one', 'beta/one'])),
    accounts: some(fc.constantFrom(['alpha'], ['b*'])),
    environments: some(fc.constantFrom(['staging'], ['staging', 'production'])),
    operations: some(fc.constantFrom(['chat'], ['chat', 'admin'])),
    cidrs: some(fc.constantFrom(['10.0.0.0/8'], ['10.1.0.0/16'])),
    statements: some(
      fc.array(
        fc.record({
          actions: fc.constantFrom(['model:*'], ['*'], ['key:create']),
          resources: fc.array(pattern, { minLength: 1, maxLength: 2 }),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    ),
  })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as KeyRestrictions);
const world = fc.record({
  issuer: fc.array(statement, { minLength: 1, maxLength: 3 }),
  owner: fc.array(statement, { minLength: 1, maxLength: 3 }),
});

const requests = ['10.1.2.3', '10.9.9.9', '192.0.2.1'].flatMap((ip) =>
  ['chat', 'admin'].flatMap((operation) => [
    ...models.flatMap((path) =>
      ['model:invoke', 'model:list'].map((action) => ({ action, resource: { type: 'model', path }, operation, ip })),
    ),
    ...['key:create', 'key:read'].map((action) => ({ action, resource: { type: 'key', path: 'k1' }, operation, ip })),
  ]),
);
type Asked = (typeof requests)[number];
const asking = (principal: Principal, { action, resource, operation, ip }: Asked, restrictions?: KeyRestrictions) =>
  ({
    principal,
    action,
    resource,
    credential: { kind: 'pat', ...(restrictions && { restrictions: compileRestrictions(restrictions) }) },
    request: { operation, ip, timeMs: 0 },
  }) satisfies AccessRequest;

describe('for any policy and any narrowing', () => {
  it('a key that was shown to be within its issuer’s rights does nothing that the issuer’s credential may not', () => {
    let proved = 0;
    fc.assert(
      fc.property(world, restricted, restricted, (held, own, key) => {
        const snapshot = snapshotOf(held);
        if (keyCounterExample(snapshot, reach('issuer', own), reach('owner', key), 0)) return;
        proved += 1;
        for (const request of requests) {
          if (!decide(snapshot, asking(person('owner'), request, key)).allowed) continue;
          expect(decide(snapshot, asking(person('issuer'), request, own)).allowed).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
    expect(proved).toBeGreaterThan(40);
  });

  it('a key reaches nothing beyond its owner, also after the owner was demoted', () => {
    fc.assert(
      fc.property(world, restricted, ({ issuer: before, owner: after }, key) => {
        // The key stays as it is; what its owner holds becomes something else altogether.
        for (const owner of [before, after]) {
          const snapshot = snapshotOf({ owner });
          for (const request of requests) {
            if (!decide(snapshot, asking(person('owner'), request, key)).allowed) continue;
            expect(decide(snapshot, asking(person('owner'), request)).allowed).toBe(true);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
