import { setTimeout as delay } from 'node:timers/promises';
import type { Arm } from '../arm.js';
import { tokenIssuer } from '../arms/token-issuer.js';
import { inTurn } from '../load/in-turn.js';
import { markdown, type Summary } from '../report.js';
import type { BenchSection } from '../section.js';

const MODEL = 'openai-main/gpt-4';
/** How long the gateway may take to hear of the issuer. */
const KNOWN_MS_MAX = 10_000;

/** What a call costs with a token, beside a key. */
export const section: BenchSection = {
  title: 'What a call costs with a token, beside a key',
  method:
    'Chat completions through the gateway in a closed loop, as one user: by key, by one token that was seen before, and by a new token with each call. ' +
    'Interleaved rounds; CPU is that of the gateway’s process with all of its threads; the client signs the tokens (ES256).',
  async measure({ options, say, stack }) {
    const { local } = await stack();
    const { token } = await tokenIssuer(local, 'mona@acme.example');
    const path = { url: `${local.gateway.url}/v1`, model: MODEL, pid: local.processes['gateway'] };
    const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
    const seen = bearer(token());
    const arms: Arm[] = [
      { ...path, name: 'key', headers: bearer(String(local.tenants.acme.keys['manager'])) },
      { ...path, name: 'token, seen before', headers: seen },
      { ...path, name: 'token, new with each call', headers: () => bearer(token()) },
    ];
    await known(path.url, seen);
    const summaries = await inTurn({ options, say }, arms, [options.bytes[0] ?? 1_000]);
    return { markdown: [markdown(summaries), ratios(summaries)].join('\n\n'), figures: { options, summaries } };
  },
};

/** Waits until the gateway takes the token. */
async function known(url: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const end = performance.now() + KNOWN_MS_MAX;
  while ((await fetch(`${url}/models`, { headers })).status !== 200) {
    if (performance.now() > end) throw new Error('The gateway does not take the tokens.');
    await delay(50);
  }
}

function ratios(summaries: readonly Summary[]): string {
  const [key, ...tokens] = summaries;
  return tokens
    .map(
      ({ arm, cpuMicrosPerRequest }) =>
        `CPU, ${arm} / key: ${(cpuMicrosPerRequest / (key?.cpuMicrosPerRequest ?? 0)).toFixed(2)}`,
    )
    .join('\n\n');
}
