import { freePorts } from '../../../deploy/local/src/stack/ports.js';
import type { Arm, Running } from '../arm.js';
import { direct, gatewayOn, PROVIDER_CREDENTIAL as credential } from '../arms/of-stack.js';
import { gatewayOff } from '../arms/gateway-off.js';
import { nginx } from '../arms/nginx.js';
import { undiciProxy } from '../arms/undici-proxy.js';
import { chatBody } from '../load/chat-body.js';
import { closedLoop, warmUp, type Round } from '../load/closed-loop.js';
import { markdown, summarise, type Measured } from '../report.js';
import type { Bench, BenchSection } from '../section.js';

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
      const results = await rounds(bench, [direct(local), ...running.map(({ arm }) => arm), gatewayOn(local)]);
      const summaries = results.map(summarise);
      return { markdown: markdown(summaries), figures: { options: bench.options, summaries } };
    } finally {
      for (const each of running) await each.stop();
    }
  },
};

/** Rounds of all arms in turn, so that what else the machine does hits each of them alike. */
async function rounds({ options, say }: Bench, arms: readonly Arm[]): Promise<Measured[]> {
  const measured: Measured[] = [];
  const durationMs = options.seconds * 1000;
  const { connections } = options;
  for (const bytes of options.bytes) {
    const found = new Map<string, Round[]>(arms.map(({ name }) => [name, []]));
    for (const arm of arms) {
      say(`${bytes} bytes, ${arm.name}: warms up`);
      await warmUp(arm, { connections, body: chatBody(arm.model, bytes) });
    }
    for (let round = 1; round <= options.rounds; round += 1) {
      say(`${bytes} bytes, round ${round} of ${options.rounds}`);
      for (const arm of arms) {
        found.get(arm.name)?.push(await closedLoop(arm, { connections, durationMs, body: chatBody(arm.model, bytes) }));
      }
    }
    measured.push(...arms.map(({ name }) => ({ arm: name, bytes, rounds: found.get(name) ?? [] })));
  }
  return measured;
}
