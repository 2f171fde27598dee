import { openAiEndpoints } from '../openai-compatible/provider.js';
import type { Endpoint, Provider } from '../provider.js';
import { usage } from './usage.js';

/** Anthropic's API, spoken natively. */
const endpoints: Readonly<Record<string, Endpoint>> = {
  'chat.completions': openAiEndpoints['chat.completions'] as Endpoint,
  messages: { path: '/messages', form: 'messages', usage },
  'messages.count_tokens': { path: '/messages/count_tokens', form: 'plain', usage: () => undefined },
};

export const anthropic: Provider = {
  name: 'anthropic',
  endpoints,
  headers: (credential) => [
    ...(credential === undefined ? [] : ['x-api-key', credential]),
    'content-type',
    'application/json',
    'user-agent',
    'gatehouse',
  ],
  passing: { 'anthropic-version': '2023-06-01', 'anthropic-beta': undefined },
};
