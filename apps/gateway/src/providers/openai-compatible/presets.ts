import type { ProviderName } from '#libs/policy-language';
import type { Provider } from '../provider.js';
import { openAiCompatible, openAiEndpoints } from './provider.js';

type Preset = Exclude<ProviderName, 'openai' | 'openai-compatible' | 'anthropic' | 'azure-openai'>;
const [chat, completions, responses, embeddings, moderations] = [
  'chat.completions',
  'completions',
  'responses',
  'embeddings',
  'moderations',
];

/** What each offers of OpenAI's operations, by their own documentation. */
const offered: Readonly<Record<Preset, readonly string[]>> = {
  vllm: [chat, completions, responses, embeddings],
  ollama: [chat, completions, responses, embeddings],
  'lm-studio': [chat, completions, responses, embeddings],
  mistral: [chat, embeddings, moderations],
  groq: [chat, responses],
  deepseek: [chat],
  xai: [chat, completions, responses, embeddings],
  together: [chat, completions, embeddings],
};

/** Those that speak OpenAI's wire format, and not all of its operations. */
export const presets: readonly (readonly [Preset, Provider])[] = Object.entries(offered).map(([name, ids]) => {
  const endpoints = Object.entries(openAiEndpoints).filter(([id]) => ids.includes(id));
  return [name as Preset, { ...openAiCompatible, name, endpoints: Object.fromEntries(endpoints) }];
});
