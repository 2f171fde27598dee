import type { Document } from './policy-state.fixture.js';

const baseUrl = 'https://upstream.example/v1';
const account = (name: string): Document => ({
  kind: 'ProviderAccount',
  metadata: { name },
  spec: { provider: 'openai', baseUrl },
});
const model = (name: string, env: string): Document => ({
  kind: 'Model',
  metadata: { name, tags: { env } },
  spec: { upstreamModel: name.split('/')[1], types: ['chat'] },
});

/** Two accounts, one of production and one of staging. */
export const catalogue: readonly Document[] = [
  account('local'),
  account('staging'),
  model('local/llama-3', 'production'),
  model('local/mistral', 'production'),
  model('staging/gpt-4o-mini', 'staging'),
];
