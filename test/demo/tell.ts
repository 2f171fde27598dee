import type { Stage } from './stage.js';
import type { Step } from './step.js';

/** Tells a story step by step, and ends at the first that is not as told. @returns the exit code: 0 only if all were */
export async function tell(
  story: readonly Step[],
  stage: Stage,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<0 | 1> {
  for (const [index, step] of story.entries()) {
    say(`\n${index + 1}. ${step.title}`);
    try {
      signal?.throwIfAborted();
      say(`   as told: ${await step.tell(stage)}`);
    } catch (error) {
      say(`   NOT as told: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    }
  }
  say(`\nAll ${story.length} steps were as told.`);
  return 0;
}
