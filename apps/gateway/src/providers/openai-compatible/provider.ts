import type { Provider } from '../provider.js';
import { usage } from './usage.js';

/** OpenAI's wire format, which many speak: OpenAI itself, Anthropic's compatible endpoint, vLLM, Ollama, LM Studio. */
export const openAiCompatible: Provider = {
  name: 'openai',
  paths: { chat: '/chat/completions', embeddings: '/embeddings' },
  headers: (credential) => [
    ...(credential === undefined ? [] : ['authorization', `Bearer ${credential}`]),
    'content-type',
    'application/json',
    'user-agent',
    'gatehouse',
  ],
  usage,
};
