import type { Round } from './load/closed-loop.js';
import { median } from './load/quantile.js';

type Measured = { readonly arm: string; readonly bytes: number; readonly rounds: readonly Round[] };

const spread = (values: readonly number[]) => (Math.max(...values) - Math.min(...values)) / median(values);

/** The middle round of each figure; `noise` is the spread of requests per second over the rounds. */
export function summarise({ arm, bytes, rounds }: Measured) {
  const of = (pick: (round: Round) => number | undefined) => median(rounds.map((round) => pick(round) ?? Number.NaN));
  return {
    arm,
    bytes,
    requestsPerSecond: of((round) => round.requestsPerSecond),
    cpuMicrosPerRequest: of((round) => round.cpuMicrosPerRequest),
    latencyMsP50: of((round) => round.latencyMsP50),
    latencyMsP99: of((round) => round.latencyMsP99),
    noise: spread(rounds.map((round) => round.requestsPerSecond)),
  };
}
export type Summary = ReturnType<typeof summarise>;

/** A Markdown table of the figures and one of the ratios of DESIGN that apply. */
export function markdown(summaries: readonly Summary[]): string {
  const figure = (value: number, digits = 0) => (Number.isNaN(value) ? '–' : value.toFixed(digits));
  const rows = summaries.map(
    ({ arm, bytes, requestsPerSecond, cpuMicrosPerRequest, latencyMsP50, latencyMsP99, noise }) =>
      `| ${bytes} | ${arm} | ${figure(requestsPerSecond)} | ${figure(cpuMicrosPerRequest, 1)} | ${figure(latencyMsP50, 2)} | ${figure(latencyMsP99, 2)} | ${figure(noise * 100)} % |`,
  );
  return [
    '| body bytes | arm | requests/s | CPU µs/request | p50 ms | p99 ms | spread |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    ...ratios(summaries),
  ].join('\n');
}

function ratios(summaries: readonly Summary[]): string[] {
  const lines: string[] = [];
  for (const bytes of new Set(summaries.map((summary) => summary.bytes))) {
    const of = (name: string) => summaries.find((each) => each.bytes === bytes && each.arm.startsWith(name));
    const [on, off, u, n] = [of('gateway on'), of('gateway off'), of('U '), of('N ')];
    if (!on || !u) continue;
    lines.push(`| ${bytes} | CPU, gateway on / U | ${(on.cpuMicrosPerRequest / u.cpuMicrosPerRequest).toFixed(2)} |`);
    if (n)
      lines.push(`| ${bytes} | CPU, gateway on / N | ${(on.cpuMicrosPerRequest / n.cpuMicrosPerRequest).toFixed(2)} |`);
    if (off)
      lines.push(
        `| ${bytes} | requests/s, gateway on / off | ${(on.requestsPerSecond / off.requestsPerSecond).toFixed(2)} |`,
      );
    lines.push(`| ${bytes} | p50 added over U, ms (closed loop) | ${(on.latencyMsP50 - u.latencyMsP50).toFixed(3)} |`);
  }
  return lines.length > 0 ? ['| body bytes | ratio | value |', '| --- | --- | --- |', ...lines] : [];
}
