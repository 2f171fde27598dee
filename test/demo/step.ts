import type { Stage } from './stage.js';

/** One part of the story. `tell` does it, holds it against what is said of it, and answers what was seen, in a sentence. */
export type Step = {
  readonly title: string;
  /** @throws Error where anything was not as told. */
  readonly tell: (stage: Stage) => Promise<string>;
};
