import type { RequestListener } from 'node:http';
import { compile } from '#libs/decision-engine';
import { readDocument, type PolicyDocument } from '#libs/policy-language';
import { gateway } from '../pipeline/pipeline.fixture.js';

/** A document of the tenant's. */
export const document = (kind: string, name: string, spec: object, env?: string): PolicyDocument => {
  const tags = env === undefined ? {} : { tags: { env } };
  return readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant: 'acme', ...tags }, spec });
};
const model = (name: string, price: string, env = 'development') => {
  const cost = { inputPerMillion: price, outputPerMillion: price, currency: 'USD' };
  return document('Model', name, { upstreamModel: `up-${name.slice(5)}`, types: ['chat'], cost }, env);
};
/** By priority. */
export const targets = ['main/best', 'main/dear', 'main/good', 'main/cheap'].map((name, priority) => ({
  model: name,
  priority,
}));
const route = { model: 'assistant', strategy: 'priority', targets, onDenied: 'next' };

/** user_dev may use development only: not `best`, but `dear`, which costs more, `good` and `cheap`. */
export async function routed(
  spec: object,
  answer?: RequestListener,
  settings: object = {},
  more: readonly PolicyDocument[] = [],
  bounds: Parameters<typeof gateway>[2] = {},
) {
  const edge = await gateway(answer, {}, bounds);
  // As the policy of the fixture says where its upstream is.
  const baseUrl = edge.upstreamUrl;
  const documents = [
    document('ProviderAccount', 'main', { provider: 'openai', baseUrl, credential: { secretRef: 'main' } }),
    model('main/best', '30', 'production'),
    model('main/dear', '31'),
    model('main/good', '3'),
    model('main/cheap', '1'),
    document('RoleBinding', 'dev', { subjects: ['user:user_dev'], roles: ['developer'] }),
    document('TenantSettings', 'settings', settings),
    document('Route', 'premium-or-open', { ...route, ...spec }, 'development'),
    ...more,
  ];
  edge.set({
    snapshot: compile({ tenant: 'acme', documents, platformDocuments: [], policyRevision: 7, platformRevision: 2 }),
  });
  return edge;
}
