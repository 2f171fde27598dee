import { anthropic } from './anthropic/provider.js';
import { openAiCompatible } from './openai-compatible/provider.js';
import type { Provider } from './provider.js';

const spoken = new Map<string, Provider>([['anthropic', anthropic]]);

/** The wire format that an account's `provider` speaks; OpenAI's where it is not known to be another. */
export function providerNamed(name: string): Provider {
  return spoken.get(name) ?? openAiCompatible;
}
