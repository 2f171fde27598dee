import { freePorts } from '../../../deploy/local/src/stack/ports.js';
import type { Arm } from '../arm.js';
import { gatewayOn, PROVIDER_CREDENTIAL } from '../arms/of-stack.js';
import { undiciProxy } from '../arms/undici-proxy.js';
import { chatBody } from '../load/chat-body.js';
import { closedLoop, warmUp } from '../load/closed-loop.js';
import { openLoop } from '../load/open-loop.js';
import { median, quantile } from '../load/quantile.js';
import type { BenchSection } from '../section.js';

const SMALL_BYTES = 1_000;
const SMALL_PER_SECOND = 200;
/** Words of four letters and a space: about as many tokens as words. */
const LARGE_BYTES = 500_000;
const LARGE_AT_ONCE = 2;

type Found = { readonly arm: Arm; readonly alone: number[][]; readonly beside: number[][] };

/** What small calls wait for large ones. */
export const section: BenchSection = {
  title: 'What small calls wait for those of 100,000 tokens',
  method: `Chat completions of ${SMALL_BYTES} bytes in an open loop, ${SMALL_PER_SECOND} a second: alone, and while ${LARGE_AT_ONCE} callers send one of ${LARGE_BYTES} bytes (100,000 words) after the other. Interleaved rounds with a bare proxy (U), whose share says what the machine itself makes of it; figures are medians of the rounds’ own quantiles.`,
  async measure({ options, say, stack }) {
    const { local } = await stack();
    const [port = 0] = await freePorts(1);
    const proxy = await undiciProxy(port, { origin: local.sandbox_provider.url, credential: PROVIDER_CREDENTIAL });
    try {
      const found: Found[] = [proxy.arm, gatewayOn(local)].map((arm) => ({ arm, alone: [], beside: [] }));
      for (const { arm } of found) {
        say(`${arm.name}: warms up`);
        await warmUp(arm, { connections: options.connections, body: chatBody(arm.model, SMALL_BYTES) });
      }
      for (let round = 1; round <= options.rounds; round += 1) {
        say(`round ${round} of ${options.rounds}`);
        for (const { arm, alone, beside } of found) {
          const small = () =>
            openLoop(arm, chatBody(arm.model, SMALL_BYTES), SMALL_PER_SECOND, options.seconds * 1_000);
          alone.push(await small());
          const large = { connections: LARGE_AT_ONCE, body: wordsBody(arm.model), durationMs: options.seconds * 1_000 };
          // Whichever fails, the other ends before what both call does.
          const [calls, load] = await Promise.allSettled([small(), closedLoop(arm, large)]);
          if (calls.status === 'rejected') throw calls.reason;
          if (load.status === 'rejected') throw load.reason;
          beside.push(calls.value);
        }
      }
      const figures = found.map(({ arm, alone, beside }) => ({
        arm: arm.name,
        alone: quantilesOf(alone),
        beside: quantilesOf(beside),
      }));
      return { markdown: tableOf(figures), figures: { options, figures } };
    } finally {
      await proxy.stop();
    }
  },
};

function wordsBody(model: string): string {
  const content = 'word '.repeat(LARGE_BYTES / 5);
  return JSON.stringify({ model, messages: [{ role: 'user', content }] });
}

function quantilesOf(rounds: readonly number[][]) {
  const of = (q: number) => median(rounds.map((latencies) => quantile(latencies, q)));
  return { p50Ms: of(0.5), p99Ms: of(0.99) };
}
type Figures = { readonly arm: string } & Record<'alone' | 'beside', ReturnType<typeof quantilesOf>>;

function tableOf(figures: readonly Figures[]): string {
  const row = ({ arm, alone, beside }: Figures) =>
    `| ${[arm, alone.p50Ms.toFixed(2), beside.p50Ms.toFixed(2), alone.p99Ms.toFixed(2), beside.p99Ms.toFixed(2)].join(' | ')} |`;
  return [
    '| arm | p50 ms, alone | p50 ms, beside large ones | p99 ms, alone | p99 ms, beside large ones |',
    '| --- | --- | --- | --- | --- |',
    ...figures.map(row),
  ].join('\n');
}
