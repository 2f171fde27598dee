/**
 * What `npm test` runs: the stages of steps.mjs, then a summary, what failed, and in the last line the number of tests
 * over all vitest projects. Ends with 1 when anything failed, was skipped by a failure before it, or found no test to run.
 */
import { rmSync } from 'node:fs';
import { runBounded } from './bounded.mjs';
import { countsOf, phrase, sum } from './counts.mjs';
import { failuresOf, told } from './failures.mjs';
import { stages, WHOLE_WITHIN_MS } from './steps.mjs';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interruption.abort());
const whole = setTimeout(() => interruption.abort(), WHOLE_WITHIN_MS);

const results = [];
for (const stage of stages) results.push(...(await Promise.all(stage.map(runStep))));
clearTimeout(whole);

const tests = results.flatMap(({ counts }) => (counts ? [counts] : []));
const failures = told(results.flatMap(({ report }) => (report ? failuresOf(report) : [])));
const table = results.map(line).join('\n');
process.stdout.write(`${['', table, ...failures, '', phrase(sum(tests))].join('\n')}\n`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

async function runStep({ name, command, withinMs, report }) {
  if (interruption.signal.aborted) return { name, ok: false, why: 'not run', seconds: 0 };
  process.stdout.write(`\n=== ${name}: ${command.slice(0, 4).join(' ')}\n`);
  const startedAtMs = performance.now();
  if (report) rmSync(report, { force: true });
  const { ok, why } = await runBounded(command, withinMs, interruption.signal);
  const seconds = (performance.now() - startedAtMs) / 1000;
  return { name, seconds, report, ...judged(ok, why, report) };
}

/** A project without a report or without tests proves nothing, so it is not a success. */
function judged(ok, why, report) {
  if (!report) return { ok, why };
  const counts = countsOf(report);
  if (!counts) return { ok: false, why: why || 'no report' };
  const { passed, failed, skipped } = counts;
  if (failed > 0 || !ok) return { ok: false, why: `${phrase(counts)}${why ? ` (${why})` : ''}`, counts };
  if (passed === 0) return { ok: false, why: 'no tests', counts };
  return { ok: skipped === 0, why: phrase(counts), counts };
}

function line({ name, ok, why, seconds }) {
  return `${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(12)} ${seconds.toFixed(1).padStart(7)} s  ${why}`;
}
