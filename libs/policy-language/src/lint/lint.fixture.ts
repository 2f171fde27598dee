import { checkBundle } from '../bundle/check-bundle.js';
import type { PolicyDocument } from '../kinds/registry.js';

export const base = [
  {
    kind: 'ProviderAccount',
    metadata: { name: 'main' },
    spec: { provider: 'openai', baseUrl: 'https://upstream.example/v1' },
  },
  {
    kind: 'Model',
    metadata: { name: 'main/gpt-4', tags: { env: 'production' } },
    spec: { upstreamModel: 'gpt-4', types: ['chat'] },
  },
];
export const settings = {
  kind: 'TenantSettings',
  metadata: { name: 'settings' },
  spec: { tagSchema: { env: ['production', 'staging'], tier: '*' } },
};
export type Loose = { kind: string; metadata: object; spec: object };

export const whole = (documents: readonly Loose[], tenant: string) =>
  documents.map(({ kind, metadata, spec }) => ({
    apiVersion: 'gatehouse/v1',
    kind,
    metadata: { tenant, ...metadata },
    spec,
  }));
export function lint(documents: readonly Loose[], tenant = 'acme', platform: readonly Loose[] = []) {
  const platformDocuments = whole(platform, 'platform') as unknown as PolicyDocument[];
  const files = [{ name: 'a.json', text: JSON.stringify(whole(documents, tenant)) }];
  const { errors, warnings } = checkBundle(files, { tenantDocuments: [], platformDocuments });
  const short = ({ rule, document, pointer, suggestion }: (typeof errors)[number]) =>
    [rule, document, pointer, ...(suggestion ? [suggestion] : [])].join(' | ');
  return { errors: errors.map(short), warnings: warnings.map(short) };
}
export const role = (statement: object, spec: object = {}): Loose => ({
  kind: 'Role',
  metadata: { name: 'r' },
  spec: {
    ...spec,
    statements: [{ id: 's', effect: 'allow', actions: ['model:invoke'], resources: ['model:*/*'], ...statement }],
  },
});
export const withCondition = (condition: object, rest: object = {}) => role({ ...rest, when: [condition] });
export const errorsOf = (...documents: Loose[]) => lint([...base, ...documents]).errors;
export const at = (pointer: string) => `/spec/statements/0${pointer}`;
