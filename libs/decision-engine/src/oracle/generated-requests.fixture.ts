import * as fc from 'fast-check';
import {
  environments,
  instants,
  models,
  operations,
  patterns,
  perhaps,
  scope,
  some,
  tags,
  teams,
} from './generated-policy.fixture.js';
import type { NaiveRequest } from './naive-request.fixture.js';

const asked = [
  'model:invoke',
  'model:list',
  'key:revoke',
  'key:read',
  'policy:apply',
  'prompt:read',
  'tenant:suspend',
  'model:own',
];
const someRestrictions = fc.record({
  models: perhaps(some(['alpha/*', '*/one', 'beta/four'])),
  accounts: perhaps(some(['alpha', 'b*'])),
  environments: perhaps(some(environments)),
  operations: perhaps(some(operations as ('chat' | 'embeddings' | 'admin')[])),
  cidrs: perhaps(some(['10.0.0.0/8', '::/0'])),
  statements: perhaps(fc.array(fc.record({ ...scope, resources: some(patterns) }), { minLength: 1, maxLength: 2 })),
});
const restrictions = perhaps(someRestrictions);
const someDetails = fc.record({
  statements: fc.array(fc.record({ ...scope, resources: some(patterns) }), { minLength: 1, maxLength: 2 }),
});
const otherResource = (types: readonly string[]) =>
  fc.record({
    type: fc.constantFrom(...types),
    path: fc.constantFrom('k1', 'k2', 'Role/x', 'p1'),
    tags: perhaps(tags.map((held) => withoutGaps(held))),
    owner: perhaps(fc.constantFrom('u1', 'u2')),
    tenant: fc.constantFrom(undefined, undefined, undefined, undefined, 'acme', 'globex'),
  });
const modelResource = fc
  .constantFrom(...models, ...models, 'beta/none', 'one')
  .map((path) => ({ type: 'model', path }));
const paired = (actions: readonly string[], resource: fc.Arbitrary<object>) =>
  fc.record({ action: fc.constantFrom(...actions), resource });
/** Mostly questions that make sense, and some that no caller should ask. */
const question = fc.oneof(
  { weight: 12, arbitrary: paired(['model:invoke', 'model:invoke', 'model:list'], modelResource) },
  { weight: 2, arbitrary: paired(['key:revoke', 'key:read'], otherResource(['key'])) },
  { weight: 2, arbitrary: paired(['policy:apply'], otherResource(['policy'])) },
  { weight: 2, arbitrary: paired(['prompt:read'], otherResource(['prompt'])) },
  { weight: 1, arbitrary: paired(asked, fc.oneof(modelResource, otherResource(['key', 'tenant']))) },
);
const label = fc.constantFrom(...environments);
/** Without what is undefined, as it would arrive over the bus. */
const withoutGaps = (held: object) => JSON.parse(JSON.stringify(held)) as Record<string, string>;

/** Requests of users and virtual accounts, of every credential, some of them of another tenant or an operator. */
export const requests: fc.Arbitrary<NaiveRequest> = fc
  .record({
    principal: fc.record({
      id: fc.constantFrom('u1', 'u2', 'va1'),
      name: fc.constantFrom(undefined, 'bot'),
      kind: fc.constantFrom('user' as const, 'user' as const, 'virtual-account' as const),
      tenant: fc.constantFrom('acme', 'acme', 'acme', 'acme', 'acme', 'acme', 'globex'),
      teams: fc.subarray(teams),
      groups: fc.subarray(['g', 'h']),
      labels: fc.record({ home: perhaps(label), clearance: perhaps(fc.constant('x')) }).map(withoutGaps),
      operator: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, undefined, true),
    }),
    question,
    credential: fc.record({
      kind: fc.constantFrom('pat', 'pat', 'pat', 'vak', 'vak', 'token', 'svc'),
      labels: fc.constantFrom(undefined, {}, { team: 'a' }),
      ageDays: perhaps(fc.integer({ min: 0, max: 3 })),
      restrictions,
      details: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: someDetails }),
      scopes: fc.constantFrom(
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        ['model:invoke', 'model:list'],
        [],
      ),
    }),
    request: fc.record({
      operation: fc.constantFrom(...operations),
      ip: fc.constantFrom(undefined, '10.1.2.3', '10.200.0.1', '2001:db8:1::5', '192.0.2.7', 'nonsense'),
      timeMs: fc.constantFrom(...instants.map((at) => Date.parse(at) - 1), Date.parse('2026-06-01T09:00:00Z')),
      metadata: fc.constantFrom(undefined, {}, { project: 'x' }),
    }),
  })
  .map(({ question: asking, ...made }) => ({ ...made, ...asking }) as unknown as NaiveRequest);
