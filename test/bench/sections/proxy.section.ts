import { freePorts } from '../../../deploy/local/src/stack/ports.js';
import type { Running } from '../arm.js';
import { direct, gatewayOn, PROVIDER_CREDENTIAL as credential } from '../arms/of-stack.js';
import { gatewayOff } from '../arms/gateway-off.js';
import { nginx } from '../arms/nginx.js';
import { undiciProxy } from '../arms/undici-proxy.js';
import { inTurn } from '../load/in-turn.js';
import { markdown } from '../report.js';
import type { BenchSection } from '../section.js';

/** The gateway beside bare proxies: what a call costs. */
export const section: BenchSection = {
  title: 'What a call costs beside a bare proxy',
  method:
    'Chat completions in a closed loop, in interleaved rounds of all arms. CPU is that of the arm’s process with all of its threads, publication of records included. ' +
    'Figures are medians of rounds; the spread is (largest − smallest) / median of requests per second. Client, provider, Kafka, audit and ClickHouse share the machine with each arm. ' +
    'Every arm gets up to 40,000 requests, for at most 25 s, before the first round.',
  async measure(bench) {
    const { local } = await bench.stack();
    const provider = { origin: local.sandbox_provider.url, credential };
    const running: Running[] = [];
    try {
      const [proxyPort = 0, nginxPort = 0, offPort = 0] = await freePorts(3);
      running.push(await undiciProxy(proxyPort, provider));
      running.push(await nginx(nginxPort, provider));
      running.push(await gatewayOff(offPort, provider));
      const arms = [direct(local), ...running.map(({ arm }) => arm), gatewayOn(local)];
      const summaries = await inTurn(bench, arms, bench.options.bytes);
      return { markdown: markdown(summaries), figures: { options: bench.options, summaries } };
    } finally {
      for (const each of running) await each.stop();
    }
  },
};
