import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkPolicy } from './check-policy.js';

const guide = readFileSync(new URL('../../docs/guides/policy.md', import.meta.url), 'utf8');
const blocks = Array.from(guide.matchAll(/^```yaml\n(.*?)^```$/gms), ([, yaml = '']) => yaml);
/** The models that the guide's tests ask about. */
const catalogue = ['staging/small', 'staging/next-preview'].map((name) =>
  JSON.stringify({
    apiVersion: 'gatehouse/v1',
    kind: 'Model',
    metadata: { name, tenant: 'acme', tags: { env: 'staging' } },
    spec: { upstreamModel: 'm', types: ['chat'] },
  }),
);
const account = JSON.stringify({
  apiVersion: 'gatehouse/v1',
  kind: 'ProviderAccount',
  metadata: { name: 'staging', tenant: 'acme' },
  spec: { provider: 'openai', baseUrl: 'https://upstream.example/v1' },
});

it('the guide’s own bundle is right, and its tests pass', () => {
  expect(blocks).toHaveLength(3);
  const text = [account, ...catalogue, ...blocks].join('\n---\n');
  const { passed, suites } = checkPolicy({ bundle: [{ name: 'policy.md', text }], nowMs: 0 });
  expect(suites.flatMap(({ results }) => results.flatMap(({ failures }) => failures))).toEqual([]);
  expect([passed, suites.length]).toEqual([true, 2]);
});
