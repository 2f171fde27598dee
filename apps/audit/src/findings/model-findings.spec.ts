import type { CredentialRecord, PrincipalRecord } from '#libs/contracts';
import { compile } from '#libs/decision-engine';
import { readDocument } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
import { modelFindings } from './model-findings.js';
import { overdueRotation } from './overdue-rotation.js';

const NOW = Date.parse('2026-11-28T09:00:00.000Z');
const DAY_MS = 86_400_000;
type Tags = Record<string, string>;
const document = (kind: string, name: string, spec: object, tags?: Tags, tenant = 'acme') =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant, ...(tags && { tags }) }, spec });
const model = (name: string, tags: Tags, tenant = 'acme') =>
  document('Model', `local/${name}`, { upstreamModel: name, types: ['chat'] }, tags, tenant);
const account = (tenant = 'acme') =>
  document('ProviderAccount', 'local', { provider: 'openai', baseUrl: 'https://models.example/v1' }, undefined, tenant);
const use = (when: object[] = []) => ({
  id: 'use',
  effect: 'allow',
  actions: ['model:invoke'],
  resources: ['model:local/*'],
  ...(when.length > 0 && { when }),
});
const role = (name: string, ...statements: object[]) => document('Role', name, { statements });
const bound = (subject: string, ...roles: string[]) => document('RoleBinding', 'b', { subjects: [subject], roles });
const snapshotOf = (...documents: ReturnType<typeof document>[]) =>
  compile({
    tenant: 'acme',
    documents: documents.filter(({ metadata }) => metadata.tenant === 'acme'),
    platformDocuments: documents.filter(({ metadata }) => metadata.tenant !== 'acme'),
    policyRevision: 1,
    platformRevision: 1,
  });
const foundIn = (...documents: ReturnType<typeof document>[]) =>
  modelFindings(snapshotOf(account(), ...documents), NOW).map((each) => [each.kind, 'model' in each && each.model]);

describe('a model', () => {
  it('without env is a finding of the tenant whose it is', () => {
    expect(foundIn(model('a', {}), model('b', { env: 'production' }))).toEqual([['model-untagged', 'local/a']]);
    expect(foundIn(account('platform'), model('p', {}, 'platform'))).toEqual([]);
  });

  it('that everybody can reach is a finding, and names the statement', () => {
    const documents = [account(), model('a', { env: 'production' }), role('all', use()), bound('everyone', 'all')];
    expect(modelFindings(snapshotOf(...documents), NOW)).toMatchObject([
      { kind: 'model-open', model: 'local/a', rule: 'all/use', tenantId: 'acme' },
    ]);
  });

  it('is none where only some can: by team, by label, or under a boundary', () => {
    const tagged = model('a', { env: 'production' });
    expect(foundIn(tagged, role('all', use()), bound('team:ds', 'all'))).toEqual([]);
    const labelled = role('all', use([{ attr: 'principal.labels.clearance', eq: 'high' }]));
    expect(foundIn(tagged, labelled, bound('everyone', 'all'))).toEqual([]);
    const allow = [{ actions: ['model:invoke'], resources: ['model:other/*'] }];
    const ceiling = document('Boundary', 'ceiling', { appliesTo: ['*'], allow });
    expect(foundIn(tagged, role('all', use()), bound('everyone', 'all'), ceiling)).toEqual([]);
  });
});

describe('a rotation', () => {
  const issuedAt = new Date(NOW - 100 * DAY_MS).toISOString();
  const key = {
    keyId: 'k',
    kind: 'pat',
    tenantId: 'acme',
    ownerId: 'user_1',
    ownerEpoch: 1,
    status: 'active',
    labels: {},
    issuedAt,
    rotatedAt: null,
    expiresAt: null,
  } as unknown as CredentialRecord;
  const owner = { id: 'user_1', status: 'active', epoch: 1, labels: {} } as unknown as PrincipalRecord;
  const rules = [{ when: {}, rotateEverySeconds: 90 * 86_400, rotationOverdue: 'warn' }];
  const policy = snapshotOf(document('KeyPolicy', 'keys', { rules }));
  const overdue = (change: Partial<CredentialRecord>) => overdueRotation(policy, { ...key, ...change }, owner, NOW);

  it('is overdue when its policy wanted it before now, and not without a policy', () => {
    const dueAt = new Date(NOW - 10 * DAY_MS).toISOString();
    expect(overdue({})).toMatchObject([
      { kind: 'rotation-overdue', keyId: 'k', dueAt, rule: 'key-policy/keys/rules/0' },
    ]);
    expect(overdueRotation(snapshotOf(), key, owner, NOW)).toEqual([]);
  });
  it('is not of a key that was rotated in time, or is dead', () => {
    expect(overdue({ rotatedAt: new Date(NOW - 89 * DAY_MS).toISOString() })).toEqual([]);
    expect(overdue({ status: 'revoked' })).toEqual([]);
    expect(overdue({ expiresAt: issuedAt })).toEqual([]);
    expect(overdue({ ownerEpoch: 2 })).toEqual([]);
  });
});
