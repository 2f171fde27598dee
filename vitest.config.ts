import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { SpecOrderSequencer } from './test/system/spec-order.sequencer.js';

// `#libs/*` must resolve to the sources, not to a build that may be old.
const conditions = ['source', 'node'];
const outside = ['**/node_modules/**', '**/dist/**', '**/.gatehouse/**'];

const project = (name: string, test: Record<string, unknown>): TestProjectConfiguration => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { name, environment: 'node', ...test },
});

export default defineConfig({
  test: {
    sequence: { sequencer: SpecOrderSequencer },
    // Modules are loaded once per worker, not once per file: no spec replaces one, and what a spec starts it also ends.
    isolate: false,
    // Looks until it is so. A second, its own bound, is less than a loaded machine may stand still for.
    expect: { poll: { timeout: 30_000, interval: 20 } },
    projects: [
      project('unit', {
        include: ['**/*.spec.ts'],
        exclude: [...outside, '**/*.int.spec.ts', '**/*.e2e.spec.ts'],
        // A bound against hanging, not a claim about speed: a loaded machine takes what it takes.
        testTimeout: 60_000,
        hookTimeout: 60_000,
        // One more than there are cores: some of them wait.
        maxWorkers: 3,
      }),
      project('integration', {
        include: ['**/*.int.spec.ts'],
        exclude: outside,
        globalSetup: ['deploy/local/test-stack/integration.setup.ts'],
        // Longer than what their waits take together: the wait is what says what was missing.
        testTimeout: 180_000,
        hookTimeout: 180_000,
        // More than there are cores: most of them wait, for stores, leases and processes.
        maxWorkers: 4,
        sequence: { groupOrder: 1 },
      }),
      // One whole system for all files: one file at a time, since some of them stop parts of it.
      project('system', {
        include: ['test/**/*.e2e.spec.ts'],
        // It offers its own sources under our condition, and Node strips no types in packages.
        server: { deps: { inline: [/\/node_modules\/(?:ai|@ai-sdk\/[^/]+|eventsource-parser)\//] } },
        exclude: outside,
        globalSetup: ['test/system/system.setup.ts'],
        maxWorkers: 1,
        fileParallelism: false,
        testTimeout: 180_000,
        hookTimeout: 180_000,
        sequence: { groupOrder: 2 },
      }),
    ],
  },
});
