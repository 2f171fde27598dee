import { freePorts } from '../../../deploy/local/src/stack/ports.js';
import type { Running } from '../arm.js';
import { litellm } from '../arms/litellm.js';
import { gatewayOn, PROVIDER_CREDENTIAL as credential } from '../arms/of-stack.js';
import { portkey } from '../arms/portkey.js';
import { undiciProxy } from '../arms/undici-proxy.js';
import { inTurn } from '../load/in-turn.js';
import { markdown, type Summary } from '../report.js';
import type { BenchSection } from '../section.js';

/** The gateway with everything on, beside what others do with nearly everything off. */
export const section: BenchSection = {
  title: 'Beside other gateways',
  method:
    'Chat completions in a closed loop, in interleaved rounds: a bare proxy (U), the gateway with everything on, Portkey’s open gateway without authentication, and with `--litellm` LiteLLM’s proxy with a master key and two workers. ' +
    'Figures are medians of rounds. Client, provider, Kafka, audit and ClickHouse share the machine with each arm, though only the gateway needs the last three. ' +
    'The others are fetched from npm and PyPI when they are first measured.',
  async measure(bench) {
    const { local } = await bench.stack();
    const provider = { origin: local.sandbox_provider.url, credential };
    const running: Running[] = [];
    try {
      const [proxyPort = 0, portkeyPort = 0, litellmPort = 0] = await freePorts(3);
      running.push(await undiciProxy(proxyPort, provider));
      running.push(await portkey(portkeyPort, provider));
      if (bench.options.litellm) running.push(await litellm(litellmPort, provider));
      const arms = [gatewayOn(local), ...running.map(({ arm }) => arm)];
      const summaries = await inTurn(bench, arms, bench.options.bytes);
      const text = [markdown(summaries), ratios(summaries)].join('\n\n');
      return { markdown: text, figures: { options: bench.options, summaries } };
    } finally {
      for (const each of running) await each.stop();
    }
  },
};

/** Requests per second of the gateway, for each that another answers. */
function ratios(summaries: readonly Summary[]): string {
  const gateways = summaries.filter(({ arm }) => arm === 'gateway on');
  return gateways
    .flatMap(({ bytes, requestsPerSecond }) =>
      summaries
        .filter((other) => other.bytes === bytes && /^(?:Portkey|LiteLLM)/u.test(other.arm))
        .map(
          ({ arm, requestsPerSecond: others }) =>
            `${bytes} bytes, requests/s, gateway on / ${arm}: ${(requestsPerSecond / others).toFixed(1)}`,
        ),
    )
    .join('\n\n');
}
