import type { Endpoint, Provider } from '../provider.js';
import { responseUsage, usage } from './usage.js';

/** OpenAI's operations, for the providers that have them at these paths. */
export const openAiEndpoints: Readonly<Record<string, Endpoint>> = {
  'chat.completions': { path: '/chat/completions', form: 'completions', usage },
  completions: { path: '/completions', form: 'completions', usage },
  responses: { path: '/responses', form: 'responses', usage: responseUsage },
  embeddings: { path: '/embeddings', form: 'plain', usage },
  moderations: { path: '/moderations', form: 'plain', usage },
};

/** OpenAI's wire format, which many speak: OpenAI itself, vLLM, Ollama, Mistral, Groq, DeepSeek, xAI, LM Studio. */
export const openAiCompatible: Provider = {
  name: 'openai',
  endpoints: openAiEndpoints,
  headers: (credential) => [
    ...(credential === undefined ? [] : ['authorization', `Bearer ${credential}`]),
    'content-type',
    'application/json',
    'user-agent',
    'gatehouse',
  ],
};
