import { readDocument } from '#libs/policy-language';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile, decide, type AccessRequest } from '../index.js';
import { counterExample, type GrantedStatement } from './contains.js';
import { globContains } from './glob-contains.js';

const models = ['alpha/one', 'alpha/two', 'beta/one'];
const document = (kind: string, name: string, spec: object, metadata: object = {}) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme', ...metadata }, spec });
const catalogue = [
  ...['alpha', 'beta'].map((name) =>
    document('ProviderAccount', name, { provider: 'openai', baseUrl: 'https://upstream.example/v1' }),
  ),
  ...models.map((name, n) =>
    document(
      'Model',
      name,
      { upstreamModel: 'm', types: ['chat'] },
      { tags: { env: n % 2 ? 'staging' : 'production' } },
    ),
  ),
];
/** `holder` holds the first statements, `grantee` the second. */
function snapshotOf(held: readonly GrantedStatement[], granted: readonly GrantedStatement[]) {
  const roles = Object.entries({ holder: held, grantee: granted }).flatMap(([name, statements]) => [
    document('Role', name, {
      tenantWide: true,
      statements: statements.map(({ boundTo: _, ...statement }) => statement),
    }),
    document('RoleBinding', name, { subjects: [`user:${name}`], roles: [name] }),
  ]);
  return compile({
    tenant: 'acme',
    documents: [...catalogue, ...roles],
    platformDocuments: [],
    policyRevision: 1,
    platformRevision: 0,
  });
}
const principal = (id: string) => ({ id, kind: 'user' as const, tenant: 'acme', teams: [], groups: [], labels: {} });
const allow = (rest: Partial<GrantedStatement> = {}): GrantedStatement => ({
  id: 's',
  effect: 'allow',
  actions: ['model:invoke'],
  resources: ['model:*/*'],
  ...rest,
});
const between = (held: GrantedStatement[], granted: GrantedStatement[]) =>
  counterExample(snapshotOf(held, granted), principal('holder'), granted, 0);

describe('nobody grants more than they hold', () => {
  const staging = { attr: 'resource.tags.env', in: ['staging', 'development'] };
  it.each([
    ['the same', [allow()], allow()],
    ['fewer models', [allow()], allow({ resources: ['model:alpha/*'] })],
    [
      'a model that does not exist yet',
      [allow({ resources: ['model:alpha/*'] })],
      allow({ resources: ['model:alpha/new'] }),
    ],
    [
      'two halves that two statements hold',
      [allow({ resources: ['model:alpha/*'] }), allow({ id: 't', resources: ['model:beta/*'] })],
      allow({ resources: ['model:alpha/one', 'model:beta/*'] }),
    ],
    [
      'fewer values of a condition',
      [allow({ when: [staging] })],
      allow({ when: [{ attr: 'resource.tags.env', eq: 'staging' }] }),
    ],
    [
      'the same under one more condition',
      [allow({ unless: [staging] })],
      allow({ unless: [staging], when: [{ attr: 'request.operation', eq: 'chat' }] }),
    ],
    [
      'all models, narrowed by the binding',
      [allow({ resources: ['model:alpha/*'] })],
      allow({ boundTo: ['model:alpha/one'] }),
    ],
  ])('%s can be granted', (_, held, granted) => expect(between(held, [granted])).toBeUndefined());

  it.each([
    ['another action', [allow()], allow({ actions: ['model:list'] }), 'model:list on model:*/*'],
    ['more models', [allow({ resources: ['model:alpha/*'] })], allow(), 'model:invoke on model:*/*'],
    [
      'all that exist today',
      models.map((name, n) => allow({ id: `s${n}`, resources: [`model:${name}`] })),
      allow(),
      'model:invoke on model:*/*',
    ],
    ['without the condition', [allow({ when: [staging] })], allow(), 'model:invoke on model:*/*'],
    [
      'more values',
      [allow({ when: [{ ...staging, in: ['staging'] }] })],
      allow({ when: [staging] }),
      'model:invoke on model:*/*',
    ],
    ['without the exception', [allow({ unless: [staging] })], allow(), 'model:invoke on model:*/*'],
    [
      'what only another principal would meet the condition of',
      [allow({ when: [{ attr: 'principal.labels.clearance', eq: 'high' }] })],
      allow({ when: [{ attr: 'principal.labels.clearance', eq: 'high' }] }),
      'model:invoke on model:*/*',
    ],
    [
      'what a deny could touch',
      [allow(), allow({ id: 'd', effect: 'deny', resources: ['model:*/*-preview'] })],
      allow({ resources: ['model:alpha/*'] }),
      'model:invoke on model:alpha/*',
    ],
  ])('%s is refused, with an example', (_, held, granted, expected) => {
    const { action, resource } = between(held, [granted]) ?? {};
    expect(`${action} on ${resource}`).toBe(expected);
  });
});

it('counts a boundary of the holder, which whoever is granted to may not be under', () => {
  const boundary = (subject: string) =>
    document('Boundary', 'b', { appliesTo: [subject], allow: [{ actions: ['*'], resources: ['model:alpha/*'] }] });
  const under = (subject: string, granted: GrantedStatement) => {
    const documents = [
      ...catalogue,
      boundary(subject),
      document('Role', 'holder', { statements: [allow()] }),
      document('RoleBinding', 'holder', { subjects: ['user:holder'], roles: ['holder'] }),
    ];
    const input = { tenant: 'acme', documents, platformDocuments: [], policyRevision: 1, platformRevision: 0 };
    return counterExample(compile(input), principal('holder'), [granted], 0);
  };
  expect(under('user:holder', allow())).toEqual({ statement: 's', action: 'model:invoke', resource: 'model:*/*' });
  expect(under('user:holder', allow({ resources: ['model:alpha/one'] }))).toBeUndefined();
  expect(under('*', allow())).toBeUndefined();
});

it('never calls held what the holder could be refused', () => {
  const patterns = ['**', 'model:*/*', 'model:alpha/*', 'model:*/one', 'model:alpha/one', 'model:al*/t*'];
  const condition = fc.constantFrom(
    { attr: 'resource.tags.env', in: ['staging'] },
    { attr: 'resource.tags.env', in: ['staging', 'production'] },
    { attr: 'request.operation', eq: 'chat' },
    { attr: 'principal.labels.x', exists: false },
  );
  const statement = fc.record({
    effect: fc.constantFrom('allow' as const, 'allow' as const, 'allow' as const, 'deny' as const),
    actions: fc.constantFrom(['model:*'], ['model:invoke'], ['*']),
    resources: fc.uniqueArray(fc.constantFrom(...patterns), { minLength: 1, maxLength: 2 }),
    when: fc.option(fc.array(condition, { minLength: 1, maxLength: 1 }), { nil: undefined }),
    unless: fc.option(fc.array(condition, { minLength: 1, maxLength: 1 }), { nil: undefined }),
  });
  const statements = fc
    .array(statement, { minLength: 1, maxLength: 3 })
    .map((list) => list.map((each, n) => JSON.parse(JSON.stringify({ id: `s${n}`, ...each })) as GrantedStatement));
  let proved = 0;
  fc.assert(
    fc.property(statements, statements, (held, granted) => {
      const snapshot = snapshotOf(held, granted);
      if (counterExample(snapshot, principal('holder'), granted, 0)) return;
      proved++;
      for (const path of models) {
        for (const operation of ['chat', 'images']) {
          const asking = (id: string): AccessRequest => ({
            principal: principal(id),
            action: 'model:invoke',
            resource: { type: 'model', path },
            credential: { kind: 'pat' },
            request: { operation, timeMs: 0 },
          });
          expect([decide(snapshot, asking('grantee')).allowed, decide(snapshot, asking('holder')).allowed]).not.toEqual(
            [true, false],
          );
        }
      }
    }),
    { numRuns: 1_500 },
  );
  expect(proved).toBeGreaterThan(50);
}, 60_000);

it.each([
  ['*', '**', false],
  ['**', 'a/*', true],
  ['a/*', 'a/b*', true],
  ['a*', 'a*b', true],
  ['*b', 'a*b', true],
  ['a/*', 'a/**', false],
  ['*/*', '*', false],
  ['a', 'a', true],
])('%s contains %s: %s', (outer, inner, expected) => expect(globContains(outer, inner)).toBe(expected));
