import { openAiCompatible } from './openai-compatible/provider.js';
import type { Provider } from './provider.js';

/** The wire format that an account's `provider` speaks. OpenAI's, which is what every one of them offers for chat. */
export function providerNamed(_name: string): Provider {
  return openAiCompatible;
}
