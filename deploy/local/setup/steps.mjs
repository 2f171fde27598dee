import { join } from 'node:path';
import { checkout } from './run.mjs';

const MINUTE_MS = 60_000;
const sources = ['apps', 'libs', 'deploy', 'test'];

/** Where each vitest project writes what it counted. */
export const reportsFolder = join(checkout, 'dist/.reports');

/**
 * What `npm test` does: one stage after the other, the steps of a stage at the same time. Each step is bounded, and one that
 * fails does not keep the others from running.
 */
export const stages = [
  [
    { name: 'format', command: ['oxfmt', '--check', '.'], withinMs: 2 * MINUTE_MS },
    { name: 'lint', command: ['oxlint', '--deny-warnings'], withinMs: 2 * MINUTE_MS },
    { name: 'types', command: ['tsc', '-p', 'tsconfig.json', '--noEmit'], withinMs: 5 * MINUTE_MS },
    {
      name: 'boundaries',
      command: ['depcruise', ...sources, '--config', '.dependency-cruiser.cjs'],
      withinMs: 5 * MINUTE_MS,
    },
  ],
  [vitest('unit', 10)],
  [vitest('integration', 20)],
  [vitest('system', 30)],
];

/** The whole run, should several steps come near their own bounds. */
export const WHOLE_WITHIN_MS = 60 * MINUTE_MS;

function vitest(project, minutes) {
  const report = join(reportsFolder, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return {
    name: project,
    command: ['vitest', 'run', '--project', project, ...reporters],
    withinMs: minutes * MINUTE_MS,
    report,
  };
}
