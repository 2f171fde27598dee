import { compile, type AccessRequest, type TenantSnapshot } from '#libs/decision-engine';
import { readDocument, type PolicyDocument } from '#libs/policy-language';

const ACCOUNTS = 20;
const MODELS_PER_ACCOUNT = 10;
const REQUESTS = 4_096;
/** Distinct callers, the same at every size: what grows is the policy, not who is awake. */
const CALLERS = 256;

const environments = ['production', 'staging', 'development'] as const;
const modelName = (n: number) => `account-${n % ACCOUNTS}/model-${Math.floor(n / ACCOUNTS) % MODELS_PER_ACCOUNT}`;

/** How a number of policies is spread: over teams of ten bindings each, or all of them on one team. */
export type Spread = 'teams' | 'one-team';

/** `policies` roles, each bound once, over 200 models and one platform boundary; and who asks. */
export function scenario(policies: number, spread: Spread): { snapshot: TenantSnapshot; requests: AccessRequest[] } {
  const snapshot = compile({
    tenant: 'acme',
    documents: [...catalogue(), ...rolesAndBindings(policies, teamsOf(policies, spread))],
    platformDocuments: [boundary()],
    policyRevision: 1,
    platformRevision: 1,
  });
  return { snapshot, requests: Array.from({ length: REQUESTS }, (_, n) => requestOf(n, policies, spread)) };
}

const teamsOf = (policies: number, spread: Spread) => (spread === 'teams' ? Math.max(1, Math.floor(policies / 10)) : 1);

/** A document as a tenant publishes it. */
export function document(kind: string, metadata: object, spec: object): PolicyDocument {
  return readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { tenant: 'acme', ...metadata }, spec });
}

/** Accounts and models. */
export function catalogue(): PolicyDocument[] {
  const accounts = Array.from({ length: ACCOUNTS }, (_, n) => {
    return document(
      'ProviderAccount',
      { name: `account-${n}` },
      { provider: 'openai', baseUrl: 'https://upstream.example/v1' },
    );
  });
  const models = Array.from({ length: ACCOUNTS * MODELS_PER_ACCOUNT }, (_, n) => {
    const tags = { env: environments[n % 3] ?? 'production', tier: n % 2 ? 'premium' : 'economy' };
    return document('Model', { name: modelName(n), tags }, { upstreamModel: 'm', types: ['chat'] });
  });
  return [...accounts, ...models];
}

/** Roles, each bound once. */
export function rolesAndBindings(policies: number, teams: number): PolicyDocument[] {
  return Array.from({ length: policies }, (_, n) => {
    const when = [{ attr: 'resource.tags.env', in: ['staging', 'production'] }];
    const onTeam = [{ attr: 'principal.labels.clearance', eq: 'high' }];
    const resources = n % 3 === 0 ? [`model:${modelName(n)}`] : [`model:account-${n % ACCOUNTS}/*`];
    const use = { actions: ['model:invoke', 'model:list'], resources };
    const statements = [
      { id: 'use', effect: 'allow', ...use, when: n % 2 ? when : [...when, ...onTeam] },
      { id: 'not-previews', effect: 'deny', actions: ['model:*'], resources: ['model:*/*-preview'] },
    ];
    return [
      document('Role', { name: `role-${n}` }, { statements }),
      document('RoleBinding', { name: `binding-${n}` }, { subjects: [`team:team-${n % teams}`], roles: [`role-${n}`] }),
    ];
  }).flat();
}

function boundary(): PolicyDocument {
  const customer = 'resource.tags.customer';
  const allow = [
    { actions: ['*'], resources: ['**'], when: [{ attr: customer, exists: false }] },
    { actions: ['*'], resources: ['model:*/*'], when: [{ attr: customer, eq: { ref: 'principal.tenant' } }] },
  ];
  return document('Boundary', { name: 'own-models-only', tenant: 'platform' }, { appliesTo: ['*'], allow });
}

function requestOf(n: number, policies: number, spread: Spread): AccessRequest {
  const teams = teamsOf(policies, spread);
  // A binding of the first team; what it names is mostly, not always, open to the caller.
  const caller = n % CALLERS;
  const team = (caller * 7) % teams;
  const binding = team + teams * (Math.floor(n / CALLERS) % 10);
  const memberOf = new Set([team, (caller * 13) % teams, (caller * 29) % teams]);
  return {
    principal: {
      id: `user-${caller}`,
      kind: 'user',
      tenant: 'acme',
      teams: Array.from(memberOf, (number) => `team-${number}`),
      groups: [],
      labels: { clearance: caller % 4 ? 'high' : 'low' },
    },
    action: 'model:invoke',
    resource: { type: 'model', path: modelName(binding) },
    credential: { kind: 'pat' },
    request: { operation: 'chat', ip: '10.0.0.1', timeMs: 1_780_000_000_000 },
  };
}
