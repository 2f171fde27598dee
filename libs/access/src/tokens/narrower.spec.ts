import { EXCHANGE_CLIENT_ID } from '#libs/contracts';
import { compile, decide } from '#libs/decision-engine';
import { readDocument } from '#libs/policy-language';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Authenticated } from '../authentication/caller.js';
import { Authenticator } from '../authentication/authenticator.js';
import { engineRequest } from '../decisions/engine-request.js';
import { ada, credentialOf, noPolicy, NOW_MS, peppers } from '../identity/identity.fixture.js';
import { mintKeyText } from '../keys/key-text.js';
import { authenticatorOver, ownToken, trusting } from './token.fixture.js';

const RUNS = 150;
const document = (kind: string, name: string, spec: object, tags?: object) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme', ...(tags && { tags }) }, spec });
const models = [
  ['main/gpt', 'production'],
  ['main/mini', 'staging'],
  ['local/llama', 'staging'],
] as const;
const documents = [
  document('ProviderAccount', 'main', {
    provider: 'openai',
    baseUrl: 'https://a.example',
    credential: { secretRef: 'a' },
  }),
  document('ProviderAccount', 'local', {
    provider: 'openai',
    baseUrl: 'https://b.example',
    credential: { secretRef: 'b' },
  }),
  ...models.map(([name, env]) => document('Model', name, { upstreamModel: 'm', types: ['chat'] }, { env })),
  document('Role', 'stager', {
    statements: [
      { id: 'all', effect: 'allow', actions: ['model:*'], resources: ['model:*/*'] },
      {
        id: 'no-production',
        effect: 'deny',
        actions: ['model:invoke'],
        resources: ['model:*/*'],
        when: [{ attr: 'resource.tags.env', eq: 'production' }],
      },
    ],
  }),
  document('RoleBinding', 'b1', { subjects: ['team:research'], roles: ['stager'] }),
  document('RoleBinding', 'b2', { subjects: ['team:admins'], roles: ['admin'] }),
  document('RoleBinding', 'b3', { subjects: ['user:user_ada'], roles: ['viewer'] }),
];
const snapshot = compile({ tenant: 'acme', documents, platformDocuments: [], policyRevision: 1, platformRevision: 0 });

const questions = [
  ...models.flatMap(([path]) => ['model:invoke', 'model:list'].map((action) => ({ action, type: 'model', path }))),
  { action: 'key:read', type: 'key', path: 'k' },
  { action: 'policy:apply', type: 'policy', path: 'p' },
  { action: 'tenant:suspend', type: 'tenant', path: 'acme' },
];
const allowedTo = (who: Authenticated) =>
  questions.map(({ action, type, path }) => {
    const operation = type === 'model' ? 'chat' : 'admin';
    const circumstances = { operation, ip: '10.0.0.1', timeMs: NOW_MS };
    return decide(snapshot, engineRequest(who, action, { type, path, tenant: 'acme' }, circumstances)).allowed;
  });

const actions = fc.subarray(['model:invoke', 'model:list', 'model:*', 'key:read', 'policy:apply', '*'], {
  minLength: 1,
});
const resources = fc.subarray(['model:main/*', 'model:*/*', 'model:local/llama', 'key:*', '**'], { minLength: 1 });
const detail = fc.record({ type: fc.constantFrom('gatehouse', 'gatehouse', 'other'), actions, resources });
const claims = fc.record(
  {
    scope: fc
      .subarray(['model:invoke', 'model:list', 'key:read', 'policy:apply', 'openid', '*'])
      .map((all) => all.join(' ')),
    authorization_details: fc.array(detail, { maxLength: 2 }),
    teams: fc.constant(['admins']),
    roles: fc.constant(['admin']),
    gh_teams: fc.constant(['admins']),
    operator: fc.constant(true),
  },
  { requiredKeys: [] },
);
const restrictions = fc.record(
  {
    models: fc.constantFrom<string[]>(['main/*'], ['local/*']),
    environments: fc.constantFrom<string[]>(['staging'], ['production']),
    cidrs: fc.constantFrom<string[]>(['10.0.0.0/8'], ['192.0.2.0/24']),
  },
  { requiredKeys: [] },
);
const owners = fc.record({ teams: fc.subarray(['research', 'admins']) });

it(
  'a token allows nothing that its owner, or the key that it was got for, may not do, also after both have changed',
  { timeout: 60_000 },
  async () => {
    const seen = { allowed: 0, denied: 0 };
    await fc.assert(
      fc.asyncProperty(claims, restrictions, restrictions, owners, owners, fc.boolean(), async (...given) => {
        const [claimed, narrowing, later, owner, demoted, isExchanged] = given;
        const applier = trusting();
        const tokens = authenticatorOver(applier);
        const keys = new Authenticator({ identity: applier.view, peppers, policy: noPolicy, accepts: ['pat'] });
        const [key, whole] = [mintKeyText('pat', 'p'), mintKeyText('pat', 'p')];
        applier.credential(credentialOf(whole));
        const exchanged = isExchanged ? { client_id: EXCHANGE_CLIENT_ID, gh_key: key.keyId } : {};
        const text = await ownToken({ scope: undefined, ...claimed, ...exchanged });
        for (const [who, narrowed] of [
          [owner, narrowing],
          [demoted, later],
        ] as const) {
          applier.principal({ ...ada, ...who });
          applier.credential(credentialOf(key, { restrictions: narrowed }));
          const answers = [
            await tokens.authenticate(text, NOW_MS),
            keys.authenticate((isExchanged ? key : whole).text, NOW_MS),
          ];
          const [byToken, byKey] = answers.map((answer) => {
            if (!answer.ok) throw new Error(answer.reason);
            return allowedTo(answer);
          });
          for (const [index, allowed] of (byToken ?? []).entries()) {
            seen[allowed ? 'allowed' : 'denied'] += 1;
            expect(allowed && !byKey?.[index]).toBe(false);
            const named = claimed.scope?.split(' ').includes(questions[index]?.action ?? '') ?? true;
            expect(allowed && !named).toBe(false);
          }
        }
      }),
      { numRuns: RUNS },
    );
    // Neither would mean anything alone.
    expect(seen.allowed).toBeGreaterThan(20);
    expect(seen.denied).toBeGreaterThan(100);
  },
);
