import type { Endpoint, Provider } from '../provider.js';
import { mediaUsage, responseUsage, usage } from './usage.js';

/** OpenAI's operations, for the providers that have them at these paths. */
export const openAiEndpoints: Readonly<Record<string, Endpoint>> = {
  'chat.completions': { path: '/chat/completions', form: 'completions', usage },
  completions: { path: '/completions', form: 'completions', usage },
  responses: { path: '/responses', form: 'responses', usage: responseUsage },
  embeddings: { path: '/embeddings', form: 'plain', usage },
  moderations: { path: '/moderations', form: 'plain', usage },
  'images.generations': { path: '/images/generations', form: 'media', usage: mediaUsage },
  'images.edits': { path: '/images/edits', form: 'media', usage: mediaUsage },
  'images.variations': { path: '/images/variations', form: 'media', usage: mediaUsage },
  'audio.speech': { path: '/audio/speech', form: 'media', usage: mediaUsage },
  'audio.transcriptions': { path: '/audio/transcriptions', form: 'transcript', usage: mediaUsage },
  'audio.translations': { path: '/audio/translations', form: 'transcript', usage: mediaUsage },
};

/** OpenAI's wire format, which many speak: OpenAI itself, vLLM, Ollama, Mistral, Groq, DeepSeek, xAI, LM Studio. */
export const openAiCompatible: Provider = {
  name: 'openai',
  endpoints: openAiEndpoints,
  headers: (credential) => [
    ...(credential === undefined ? [] : ['authorization', `Bearer ${credential}`]),
    'user-agent',
    'gatehouse',
  ],
};
