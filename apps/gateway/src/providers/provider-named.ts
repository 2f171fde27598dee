import type { ProviderName } from '#libs/policy-language';
import { anthropic } from './anthropic/provider.js';
import { azureOpenAi } from './azure-openai/provider.js';
import { presets } from './openai-compatible/presets.js';
import { openAiCompatible } from './openai-compatible/provider.js';
import type { Provider } from './provider.js';

const spoken: ReadonlyMap<string, Provider> = new Map<ProviderName, Provider>([
  ['openai', openAiCompatible],
  ['openai-compatible', openAiCompatible],
  ['anthropic', anthropic],
  ['azure-openai', azureOpenAi],
  ...presets,
]);

/** What an account's `provider` speaks; OpenAI's wire format for documents from before the names were a closed list. */
export function providerNamed(name: string): Provider {
  return spoken.get(name) ?? openAiCompatible;
}
