import type { BenchOptions } from './bench.config.js';
import type { LocalStack } from './local-stack.js';

/** What a section measures with. */
export type Bench = {
  readonly options: BenchOptions;
  /** Tells whoever waits what is going on, one line at a time. */
  readonly say: (line: string) => void;
  /** The whole local stack with its demo: started when first asked for, shared by all sections, stopped after the last. */
  stack(): Promise<LocalStack>;
};

/** What a section found. */
export type SectionReport = {
  /** Markdown: tables and what has to be said about them. */
  readonly markdown: string;
  /** The same as data; written as JSON. */
  readonly figures: unknown;
};

/**
 * One part of the benchmark: `sections/<name>.section.ts` exports one as `section` and is run by
 * `npm run bench -- <name>`. It stops whatever it starts.
 */
export type BenchSection = {
  readonly title: string;
  /** How it is measured and what its figures mean, for somebody who has only the report; one sentence or a few. */
  readonly method: string;
  measure(bench: Bench): Promise<SectionReport>;
};
