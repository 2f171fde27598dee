import { z } from 'zod';

/** How one model is to behave until told otherwise. All parts are optional; an empty object is a healthy model. */
export const ModelBehaviour = z.strictObject({
  /** Milliseconds before the first byte of an answer. */
  latency_ms: z.number().min(0).max(600_000).optional(),
  /** Answer with this status; from 400 on in the provider's form of an error. */
  status: z.int().min(200).max(599).optional(),
  /** Reported as it is, however wrong; `null` reports none. */
  usage: z.unknown().optional(),
  /** The connection is destroyed after so many chunks of a stream; a plain answer is cut in its middle. */
  break_after_chunks: z.int().min(0).max(1_000_000).optional(),
  /** Words, and so chunks, of an answer. */
  chunks: z.int().min(1).max(100_000).optional(),
  /** Milliseconds between the chunks of a stream. */
  chunk_interval_ms: z.number().min(0).max(60_000).optional(),
});
export type ModelBehaviour = z.output<typeof ModelBehaviour>;

const healthy: ModelBehaviour = {};
const modelsMax = 1_000;

/** What the control API set, by upstream model name. */
export class ModelBehaviours {
  private readonly set = new Map<string, ModelBehaviour>();

  of(model: string): ModelBehaviour {
    return this.set.get(model) ?? healthy;
  }

  put(model: string, behaviour: ModelBehaviour): void {
    if (this.set.size >= modelsMax && !this.set.has(model)) throw new RangeError(`more than ${modelsMax} models`);
    this.set.set(model, behaviour);
  }

  reset(model?: string): void {
    if (model === undefined) this.set.clear();
    else this.set.delete(model);
  }
}
