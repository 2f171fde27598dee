import { freePorts } from '../../../deploy/local/src/stack/ports.js';
import type { Arm } from '../arm.js';
import { gatewayOn, PROVIDER_CREDENTIAL } from '../arms/of-stack.js';
import { undiciProxy } from '../arms/undici-proxy.js';
import { median } from '../load/quantile.js';
import { streamLoop, type StreamRound } from '../load/stream-loop.js';
import type { BenchSection } from '../section.js';

const CHUNKS = 50;
const WARM_MS = 15_000;
const MANY = 1_000;
type Row = { readonly arm: string; readonly connections: number; readonly rounds: readonly StreamRound[] };

/** What a stream costs beside a bare proxy. */
export const section: BenchSection = {
  title: `What a stream of ${CHUNKS} chunks costs beside a bare proxy`,
  method:
    `Chat completions as server-sent events of ${CHUNKS} chunks without pauses, each read to its [DONE], in interleaved rounds; then ${MANY} streams at once. ` +
    'CPU is that of the arm’s process with all of its threads. Each arm is warmed up for 15 s.',
  async measure({ options, say, stack }) {
    const { local } = await stack();
    const [port = 0] = await freePorts(1);
    const provider = { origin: local.sandbox_provider.url, credential: PROVIDER_CREDENTIAL };
    const model = `${provider.origin}/_control/models/gpt-4`;
    const proxy = await undiciProxy(port, provider);
    try {
      await fetch(model, { method: 'PUT', body: JSON.stringify({ chunks: CHUNKS }) });
      const arms: Arm[] = [proxy.arm, gatewayOn(local)];
      const rows: Row[] = [];
      for (const connections of [options.connections, MANY]) {
        const found = new Map<Arm, StreamRound[]>(arms.map((arm) => [arm, []]));
        for (const arm of arms) {
          say(`${connections} connections, ${arm.name}: warms up`);
          await streamLoop(arm, { connections, durationMs: WARM_MS, content: 'warm' });
        }
        for (let round = 1; round <= options.rounds; round += 1) {
          say(`${connections} connections, round ${round} of ${options.rounds}`);
          for (const arm of arms)
            found
              .get(arm)
              ?.push(await streamLoop(arm, { connections, durationMs: options.seconds * 1_000, content: 'x' }));
        }
        rows.push(...[...found].map(([{ name: arm }, rounds]) => ({ arm, connections, rounds })));
      }
      return { markdown: table(rows), figures: { options, rows } };
    } finally {
      await fetch(model, { method: 'PUT', body: JSON.stringify({}) });
      await proxy.stop();
    }
  },
};

function table(rows: readonly Row[]): string {
  const of = ({ rounds }: Row, name: keyof StreamRound) => median(rounds.map((round) => round[name]));
  const lines = rows.map(
    (row) =>
      `| ${row.connections} | ${row.arm} | ${of(row, 'streamsPerSecond').toFixed(0)} | ${of(row, 'cpuMicrosPerStream').toFixed(0)} | ${of(row, 'firstByteMsP50').toFixed(2)} | ${of(row, 'firstByteMsP99').toFixed(2)} |`,
  );
  const ratios = [...new Set(rows.map(({ connections }) => connections))].flatMap((connections) => {
    const [u, on] = rows.filter((row) => row.connections === connections);
    if (!u || !on) return [];
    const cpu = of(on, 'cpuMicrosPerStream') / of(u, 'cpuMicrosPerStream');
    const added = of(on, 'firstByteMsP50') - of(u, 'firstByteMsP50');
    return [
      `${connections} connections: CPU on / U ${cpu.toFixed(2)}; time to first byte added, p50 ${added.toFixed(2)} ms.`,
    ];
  });
  return [
    '| connections | arm | streams/s | CPU µs/stream | first byte p50 ms | p99 ms |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    ratios.join('\n\n'),
  ].join('\n');
}
