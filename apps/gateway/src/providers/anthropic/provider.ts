import type { Endpoint, Provider } from '../provider.js';
import { chatByMessages } from './chat/translation.js';
import { usage } from './usage.js';

const messages: Endpoint = { path: '/messages', form: 'messages', usage };

/** Anthropic's API, spoken natively; and OpenAI's chat completions in its terms. */
const endpoints: Readonly<Record<string, Endpoint>> = {
  'chat.completions': { ...messages, translation: chatByMessages },
  messages,
  'messages.count_tokens': { path: '/messages/count_tokens', form: 'plain', usage: () => undefined },
};

export const anthropic: Provider = {
  name: 'anthropic',
  endpoints,
  headers: (credential) => [...(credential === undefined ? [] : ['x-api-key', credential]), 'user-agent', 'gatehouse'],
  passing: { 'anthropic-version': '2023-06-01', 'anthropic-beta': undefined },
};
