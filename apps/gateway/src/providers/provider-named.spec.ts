import { providers } from '#libs/policy-language';
import { describe, expect, it } from 'vitest';
import { modelRoutes } from '../routes/route-table.js';
import { azureOpenAi } from './azure-openai/provider.js';
import { providerNamed } from './provider-named.js';
import type { Endpoint } from './provider.js';

const routes = new Set(modelRoutes.map(({ id }) => id));

describe.each(providers)('the provider %s', (name) => {
  const provider = providerNamed(name);

  it('answers chat completions, and offers nothing that is no route', () => {
    expect(provider.endpoints).toHaveProperty(['chat.completions']);
    expect(Object.keys(provider.endpoints).filter((id) => !routes.has(id))).toEqual([]);
  });

  it('is sent its credential once, and none where there is none', () => {
    expect(provider.headers('the-key').filter((value) => value.includes('the-key'))).toHaveLength(1);
    expect(provider.headers(undefined).join()).not.toMatch(/authorization|api-key/u);
  });
});

it('every name that policy knows has a provider of its own, but for the one of all others', () => {
  const [openai, ...others] = providers.filter((name) => name !== 'openai-compatible').map(providerNamed);
  expect(new Set(others).size).toBe(others.length);
  expect(others).not.toContain(openai);
});

describe('Azure', () => {
  const chat = azureOpenAi.endpoints['chat.completions'] as Endpoint;
  const pathOf = (upstreamModel: string, apiVersion?: string, endpoint = chat) =>
    azureOpenAi.pathOf?.(endpoint, { upstreamModel, apiVersion });

  it('reaches a model as its deployment, in the version of the account', () => {
    expect(pathOf('gpt 4/x', '2024-10-21')).toBe('/deployments/gpt%204%2Fx/chat/completions?api-version=2024-10-21');
  });

  it('reaches it by OpenAI’s paths where the account has no version', () => {
    expect(pathOf('gpt-4')).toBe('/chat/completions');
  });

  it('is led out of its deployments by no name, and has none for responses', () => {
    expect(pathOf('..', '2024-10-21')).toBeUndefined();
    expect(pathOf('gpt-4', '2024-10-21', azureOpenAi.endpoints.responses as Endpoint)).toBeUndefined();
  });

  it('takes its key in a header of its own', () => {
    expect(azureOpenAi.headers('k').slice(0, 2)).toEqual(['api-key', 'k']);
  });
});
