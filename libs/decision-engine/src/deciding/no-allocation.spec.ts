import { getHeapStatistics } from 'node:v8';
import { readDocument, type PolicyDocument } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
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

/** An answer made anew has 40; the time, boxed where the engine's compiler has not got round to it, has 12. */
const LESS_THAN_AN_ANSWER_BYTES = 24;

/** Bytes that one of many decisions brings onto the heap, in the best of some rounds: the first run in an interpreter. */
function bytesPerDecision(asked: AccessRequest): number {
  const [rounds, decisions] = [100, 20_000];
  let least = Infinity;
  for (let round = 0; round < rounds && least >= LESS_THAN_AN_ANSWER_BYTES; round += 1) {
    const before = getHeapStatistics().total_allocated_bytes;
    for (let n = 0; n < decisions; n += 1) decide(snapshot, asked);
    least = Math.min(least, (getHeapStatistics().total_allocated_bytes - before) / decisions);
  }
  return least;
}

describe('a decision on the hot path', () => {
  it.each([
    ['allowed', asking('main/open'), { allowed: true, statements: ['reader/cleared', 'reader/staging'] }],
    ['denied by a statement', asking('main/shut'), { allowed: false, reason: 'explicit_deny' }],
    [
      'shut by a boundary',
      asking('main/open', { clearance: 'high' }),
      { allowed: false, reason: 'boundary', boundaries: ['known'] },
    ],
  ])('%s carries its reason, and allocates nothing', (_what, asked, expected) => {
    expect(decide(snapshot, asked)).toMatchObject(expected);
    expect(bytesPerDecision(asked)).toBeLessThan(LESS_THAN_AN_ANSWER_BYTES);
  });
});
