import { readDocument, type PolicyDocument } from '#libs/policy-language';
import { compile, decide, type AccessRequest, type CompileInput, type TenantSnapshot } from './index.js';

const ACCOUNTS = 20;
const MODELS_PER_ACCOUNT = 10;
const REQUESTS = 4_096;
/** Distinct callers in one measurement, the same at every size: what grows is the policy, not who is awake. */
const CALLERS = 256;
const ROUNDS = 60;
/** Decisions between two looks at the clock, so that the clock's own cost is not what is measured. */
const BATCH = 128;

const environments = ['production', 'staging', 'development'] as const;
const modelName = (n: number) => `account-${n % ACCOUNTS}/model-${Math.floor(n / ACCOUNTS) % MODELS_PER_ACCOUNT}`;

/** How a number of policies is spread: over teams of ten bindings each, or all of them on one team. */
export type Spread = 'teams' | 'one-team';
/**
 * Times of one size. `p50Ns` and `p99Ns` are of batches on the clock; `cpuNs` is the mean on the processor, which other
 * processes of the machine do not disturb.
 */
export type Figures = {
  policies: number;
  spread: Spread;
  compileCpuMs: number;
  p50Ns: number;
  p99Ns: number;
  cpuNs: number;
  allowedShare: number;
};

/** Measures `decide` with `policies` roles, each bound once, over 200 models and one platform boundary. */
export function measureDecide(policies: number, spread: Spread): Figures {
  const input = inputOf(policies, spread);
  const start = cpuMicroseconds();
  const snapshot = compile(input);
  const compileCpuMs = Math.round((cpuMicroseconds() - start) / 1_000);
  const requests = Array.from({ length: REQUESTS }, (_, n) => requestOf(n, policies, spread));
  // The first rounds warm up the compiler and the snapshot's look-ups.
  run(snapshot, requests, ROUNDS / 2);
  const before = cpuMicroseconds();
  const { times, allowed } = run(snapshot, requests, ROUNDS);
  const decisions = ROUNDS * REQUESTS;
  const cpuNs = Math.round(((cpuMicroseconds() - before) * 1_000) / decisions);
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  return { policies, spread, compileCpuMs, p50Ns: at(0.5), p99Ns: at(0.99), cpuNs, allowedShare: allowed / decisions };
}

function run(snapshot: TenantSnapshot, requests: readonly AccessRequest[], rounds: number) {
  const times: number[] = [];
  let allowed = 0;
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < REQUESTS; at += BATCH) {
      const batch = requests.slice(at, at + BATCH);
      const before = performance.now();
      for (const request of batch) if (decide(snapshot, request).allowed) allowed++;
      times.push(((performance.now() - before) * 1e6) / BATCH);
    }
  }
  return { times, allowed };
}

/** Time on the processor, not on the clock: other processes of the machine must not count. */
function cpuMicroseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

const teamsOf = (policies: number, spread: Spread) => (spread === 'teams' ? Math.max(1, Math.floor(policies / 10)) : 1);

function inputOf(policies: number, spread: Spread): CompileInput {
  const documents = [...catalogue(), ...grants(policies, teamsOf(policies, spread))];
  const platformDocuments = [boundary()];
  return { tenant: 'acme', documents, platformDocuments, policyRevision: 1, platformRevision: 1 };
}

function document(kind: string, metadata: object, spec: object): PolicyDocument {
  return readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { tenant: 'acme', ...metadata }, spec });
}

function catalogue(): PolicyDocument[] {
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

function grants(policies: number, teams: number): PolicyDocument[] {
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
