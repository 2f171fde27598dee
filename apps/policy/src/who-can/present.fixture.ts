import { IdentityView, type Access, type Caller, type PolicyView } from '#libs/access';
import { principalKey, type PrincipalRecord } from '#libs/contracts';
import { compile } from '#libs/decision-engine';
import { readDocument } from '#libs/policy-language';
import { FakeClock } from '#libs/testing';
import { TenantScope } from '../apply/tenant-scope.js';

const document = (kind: string, name: string, spec: object, tags?: object) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme', ...(tags && { tags }) }, spec });

const snapshot = compile({
  tenant: 'acme',
  documents: [
    document('ProviderAccount', 'main', { provider: 'openai', baseUrl: 'https://upstream.example/v1' }),
    document('Model', 'main/staging', { upstreamModel: 'm', types: ['chat'] }, { env: 'staging' }),
    document('Model', 'main/live', { upstreamModel: 'm', types: ['chat'] }, { env: 'production' }),
    document('RoleBinding', 'devs', { subjects: ['team:devs'], roles: ['developer'] }),
    document('RoleBinding', 'etl', { subjects: ['virtual-account:etl'], roles: ['manager'] }),
  ],
  platformDocuments: [],
  policyRevision: 7,
  platformRevision: 2,
});

const dev: PrincipalRecord = {
  id: 'user_a',
  kind: 'user',
  tenantId: 'acme',
  status: 'active',
  epoch: 1,
  name: null,
  email: 'dev@acme.example',
  teams: ['devs'],
  groups: [],
  labels: {},
  ownerTeam: null,
  operator: false,
};
const people: readonly PrincipalRecord[] = [
  dev,
  { ...dev, id: 'user_b', email: 'dora@acme.example' },
  { ...dev, id: 'user_c', email: 'gone@acme.example', status: 'suspended' },
  { ...dev, id: 'user_d', email: 'new@acme.example', teams: [] },
  { ...dev, id: 'user_e', email: 'gil@globex.example', tenantId: 'globex' },
  { ...dev, id: 'va_etl', kind: 'virtual-account', email: null, name: 'etl', teams: [] },
];

/** What the controllers stand on, with a policy and people of its own; asked are the questions put to the guard. */
export function present({ seesPeople = true } = {}) {
  const identity = new IdentityView();
  for (const record of people) identity.apply(principalKey(record.id), Buffer.from(JSON.stringify(record)));
  const asked: string[] = [];
  const access = {
    tenantOf: (_caller: Caller, named = 'acme') => named,
    require: (_caller: Caller, action: string) => void asked.push(action),
    allowed: () => seesPeople,
    notFound: () => new Error('not found'),
  } as unknown as Access;
  const policy = { snapshot: () => snapshot } as unknown as PolicyView;
  return {
    identity,
    access,
    scope: new TenantScope(access, identity),
    policy,
    clock: new FakeClock(),
    caller: { tenantId: 'acme' } as Caller,
    asked,
  };
}
