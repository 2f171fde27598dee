import type { ProviderName } from '#libs/policy-language';
import type { Provider } from '../provider.js';
import { openAiCompatible, openAiEndpoints } from './provider.js';

type Preset = Exclude<ProviderName, 'openai' | 'openai-compatible' | 'anthropic' | 'azure-openai'>;
const [chat, completions, responses, embeddings, moderations, images, speech, transcriptions, translations] = [
  'chat.completions',
  'completions',
  'responses',
  'embeddings',
  'moderations',
  'images.generations',
  'audio.speech',
  'audio.transcriptions',
  'audio.translations',
];

/** What each offers of OpenAI's operations, by their own documentation. */
const offered: Readonly<Record<Preset, readonly string[]>> = {
  vllm: [chat, completions, responses, embeddings, transcriptions, translations],
  ollama: [chat, completions, responses, embeddings],
  'lm-studio': [chat, completions, responses, embeddings],
  mistral: [chat, embeddings, moderations, transcriptions],
  groq: [chat, responses, speech, transcriptions, translations],
  deepseek: [chat],
  xai: [chat, completions, responses, embeddings, images],
  together: [chat, completions, embeddings, images, speech, transcriptions, translations],
};

/** Those that speak OpenAI's wire format, and not all of its operations. */
export const presets: readonly (readonly [Preset, Provider])[] = Object.entries(offered).map(([name, ids]) => {
  const endpoints = Object.entries(openAiEndpoints).filter(([id]) => ids.includes(id));
  return [name as Preset, { ...openAiCompatible, name, endpoints: Object.fromEntries(endpoints) }];
});
