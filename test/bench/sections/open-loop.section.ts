import { freePorts } from '../../../deploy/local/src/stack/ports.js';
import { gatewayOn, PROVIDER_CREDENTIAL } from '../arms/of-stack.js';
import { undiciProxy } from '../arms/undici-proxy.js';
import { chatBody } from '../load/chat-body.js';
import { warmUp } from '../load/closed-loop.js';
import { openLoop } from '../load/open-loop.js';
import { median, quantile } from '../load/quantile.js';
import type { BenchSection } from '../section.js';

const PER_SECOND = 1_000;

/** What the gateway adds to the time of a call, at a load that it is far from filled by. */
export const section: BenchSection = {
  title: `What the gateway adds to the time of a call, at ${PER_SECOND} requests a second`,
  method:
    'Chat completions in an open loop: a request is sent when it is due, and its time counts from then. Interleaved rounds with a bare proxy (U); figures are medians of the rounds’ own quantiles.',
  async measure({ options, say, stack }) {
    const { local } = await stack();
    const [port = 0] = await freePorts(1);
    const proxy = await undiciProxy(port, { origin: local.sandbox_provider.url, credential: PROVIDER_CREDENTIAL });
    try {
      const arms = [proxy.arm, gatewayOn(local)];
      const [bytes = 1_000] = options.bytes;
      const found = arms.map((arm) => ({ arm, p50: [] as number[], p99: [] as number[] }));
      for (const arm of arms) {
        say(`${arm.name}: warms up`);
        await warmUp(arm, { connections: options.connections, body: chatBody(arm.model, bytes) });
      }
      for (let round = 1; round <= options.rounds; round += 1) {
        say(`round ${round} of ${options.rounds}`);
        for (const { arm, p50, p99 } of found) {
          const latencies = await openLoop(arm, chatBody(arm.model, bytes), PER_SECOND, options.seconds * 1_000);
          p50.push(quantile(latencies, 0.5));
          p99.push(quantile(latencies, 0.99));
        }
      }
      const figures = found.map(({ arm, p50, p99 }) => ({ arm: arm.name, p50Ms: median(p50), p99Ms: median(p99) }));
      const [u, on] = figures;
      const rows = figures.map(({ arm, p50Ms, p99Ms }) => `| ${arm} | ${p50Ms.toFixed(3)} | ${p99Ms.toFixed(3)} |`);
      const added = (on?.p50Ms ?? 0) - (u?.p50Ms ?? 0);
      const ratio = (on?.p99Ms ?? 0) / (u?.p99Ms ?? 0);
      return {
        markdown: [
          '| arm | p50 ms | p99 ms |',
          '| --- | --- | --- |',
          ...rows,
          '',
          `p50 added over U: ${added.toFixed(3)} ms; p99 ratio ${ratio.toFixed(2)}.`,
        ].join('\n'),
        figures: { options, bytes, figures },
      };
    } finally {
      await proxy.stop();
    }
  },
};
