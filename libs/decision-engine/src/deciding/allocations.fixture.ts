// A thread of its own: what other specs have taught the compiler of this process is no concern of a service's.
import { getHeapStatistics } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { readDocument, type PolicyDocument } from '#libs/policy-language';
import type { AccessRequest } from '../request.js';
import { compile } from '../snapshot/compile.js';
import { decide } from './decide.js';

const document = (kind: string, name: string, spec: object, tags?: object): PolicyDocument =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme', ...(tags && { tags }) }, spec });

/** Ten thousand bindings of roles with conditions, a deny, a boundary, and one person who is in a few of them. */
const MANY = 10_000;
const statement = (id: string, effect: string, resources: string, when: object) => ({
  id,
  effect,
  actions: ['model:invoke'],
  resources: [resources],
  when: [when],
});
const documents = [
  document('ProviderAccount', 'main', { provider: 'openai', baseUrl: 'https://upstream.example/v1' }),
  document('Model', 'main/open', { upstreamModel: 'a', types: ['chat'] }, { env: 'staging', tier: 'economy' }),
  document('Model', 'main/shut', { upstreamModel: 'b', types: ['chat'] }, { env: 'production', tier: 'premium' }),
  document('Role', 'reader', {
    statements: [
      statement('staging', 'allow', 'model:*/*', { attr: 'resource.tags.env', eq: 'staging' }),
      statement('cleared', 'allow', 'model:main/*', { attr: 'principal.labels.clearance', in: ['high'] }),
      statement('no-premium', 'deny', 'model:*/*', { attr: 'resource.tags.tier', eq: 'premium' }),
    ],
  }),
  document('Boundary', 'known', {
    appliesTo: ['*'],
    allow: [{ actions: ['*'], resources: ['**'], when: [{ attr: 'principal.labels.region', exists: true }] }],
  }),
  ...Array.from({ length: MANY }, (_, n) =>
    document('RoleBinding', `b-${n}`, { subjects: [n % 1_000 === 0 ? 'team:ds' : `team:t-${n}`], roles: ['reader'] }),
  ),
];
const snapshot = compile({ tenant: 'acme', documents, platformDocuments: [], policyRevision: 1, platformRevision: 0 });
const asking = (
  path: string,
  labels: Readonly<Record<string, string>> = { clearance: 'high', region: 'eu' },
): AccessRequest => ({
  principal: { id: 'user_ana', kind: 'user', tenant: 'acme', teams: ['ds'], groups: [], labels },
  action: 'model:invoke',
  resource: { type: 'model', path },
  credential: { kind: 'pat', labels: {} },
  request: { operation: 'chat', timeMs: 1_780_000_000_000, metadata: {} },
});

/** Bytes that one of many decisions brings onto the heap, in the best of some rounds: the first run in an interpreter. */
function bytesPerDecision(asked: AccessRequest): number {
  const [rounds, decisions] = [40, 20_000];
  let least = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const before = getHeapStatistics().total_allocated_bytes;
    for (let n = 0; n < decisions; n += 1) decide(snapshot, asked);
    least = Math.min(least, (getHeapStatistics().total_allocated_bytes - before) / decisions);
  }
  return least;
}

/** A decision, and what it cost. */
export type Measured = { readonly decision: ReturnType<typeof decide>; readonly bytes: number };

const asked = {
  allowed: asking('main/open'),
  'denied by a statement': asking('main/shut'),
  'shut by a boundary': asking('main/open', { clearance: 'high' }),
};
const measured = Object.entries(asked).map(([what, request]): [string, Measured] => [
  what,
  { decision: { ...decide(snapshot, request) }, bytes: bytesPerDecision(request) },
]);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
const tell = (message: Readonly<Record<string, Measured>>) => parentPort?.postMessage(message);
tell(Object.fromEntries(measured));
