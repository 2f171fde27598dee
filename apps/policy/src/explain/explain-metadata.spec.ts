import { compile } from '#libs/decision-engine';
import { tenantKey } from '#libs/contracts';
import type { PolicyView } from '#libs/access';
import { readDocument } from '#libs/policy-language';
import { expect, it } from 'vitest';
import { present } from '../who-can/present.fixture.js';
import { ExplainController } from './explain.controller.js';

const document = (kind: string, name: string, spec: object, tags = {}) =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme', ...tags }, spec });
const when = [{ attr: 'request.metadata.cost-center', eq: '4711' }];
const statement = { effect: 'allow', actions: ['model:invoke'], resources: ['model:main/*'], when };
const documents = [
  document('ProviderAccount', 'main', { provider: 'openai', baseUrl: 'https://upstream.example/v1' }),
  document('Model', 'main/live', { upstreamModel: 'm', types: ['chat'] }, { tags: { env: 'production' } }),
  document('Role', 'center', { statements: [{ id: 'center', ...statement }] }),
  document('RoleBinding', 'center', { subjects: ['team:devs', 'virtual-account:etl'], roles: ['center'] }),
];
const snapshot = compile({ tenant: 'acme', documents, platformDocuments: [], policyRevision: 7, platformRevision: 2 });

/** Of a tenant with these labels, what is decided on a call that says this. */
function decisionOn(subject: string, said: Record<string, string>, labels?: Record<string, string>) {
  const { access, scope, identity, clock, caller } = present();
  identity.apply(tenantKey('acme'), Buffer.from(JSON.stringify({ id: 'acme', status: 'active', labels })));
  const policy = { snapshot: () => snapshot } as unknown as PolicyView;
  const asked = { subject, action: 'model:invoke', resource: 'model:main/live', operation: 'chat' } as const;
  return new ExplainController(access, scope, identity, policy, clock).explain(caller, { ...asked, metadata: said })
    .decision;
}

it.each(['user:dev@acme.example', 'virtual-account:etl'])('explains of %s what labels make of a call', (subject) => {
  expect(decisionOn(subject, {})).toBe('deny');
  expect(decisionOn(subject, { 'cost-center': '4711' })).toBe('allow');
  expect(decisionOn(subject, {}, { 'cost-center': '4711' })).toBe('allow');
  expect(decisionOn(subject, { 'cost-center': '4711' }, { 'cost-center': '1' })).toBe('deny');
});
