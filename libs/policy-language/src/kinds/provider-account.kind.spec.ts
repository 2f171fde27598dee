import { describe, expect, it } from 'vitest';
import { checkBundle } from '../bundle/check-bundle.js';
import { providers } from '../vocabulary/closed-lists.js';

function errorsOf(spec: object): readonly string[] {
  const document = {
    apiVersion: 'gatehouse/v1',
    kind: 'ProviderAccount',
    metadata: { name: 'main', tenant: 'acme' },
    spec: { provider: 'openai', baseUrl: 'https://upstream.example/v1', ...spec },
  };
  const files = [{ name: 'a.json', text: JSON.stringify(document) }];
  const { errors } = checkBundle(files, { tenantDocuments: [], platformDocuments: [] });
  return errors.map(({ rule, pointer, suggestion = '' }) => `${rule} ${pointer} ${suggestion}`.trim());
}

describe('a provider account', () => {
  it.each(providers)('may be of %s', (provider) => {
    expect(errorsOf({ provider })).toEqual([]);
  });

  it('is of no provider that the gateway does not speak to', () => {
    expect(errorsOf({ provider: 'openia' })).toEqual(['unknown-provider /spec/provider Did you mean "openai"?']);
  });

  it('has a version only where its provider takes one', () => {
    const apiVersion = '2024-10-21';
    expect(errorsOf({ provider: 'azure-openai', apiVersion })).toEqual([]);
    expect(errorsOf({ apiVersion })).toEqual(['api-version-not-taken /spec/apiVersion']);
    expect(errorsOf({ provider: 'azure-openai', apiVersion: 'latest?x=' })).toHaveLength(1);
  });
});
