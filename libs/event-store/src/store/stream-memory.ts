/** Streams that one process remembers; their states may be large (a tenant's whole policy). */
export const STREAMS_REMEMBERED_MAX = 32;

/** The state of a stream up to a version, and the digest of the event that it ends with. */
export type Remembered = { readonly state: unknown; readonly version: number; readonly digest: string };

/**
 * What streams came to when they were last loaded, so that the next load reads what came after alone. Never trusted over
 * the events: whoever uses it asks whether the event of that version still has that digest.
 */
export class StreamMemory {
  private readonly kept = new Map<string, Remembered>();

  get(stream: string): Remembered | undefined {
    return this.kept.get(stream);
  }

  keep(stream: string, remembered: Remembered): void {
    // The order of the map is that of the last use.
    this.kept.delete(stream);
    this.kept.set(stream, remembered);
    const [oldest] = this.kept.keys();
    if (this.kept.size > STREAMS_REMEMBERED_MAX && oldest !== undefined) this.kept.delete(oldest);
  }

  forget(stream: string): void {
    this.kept.delete(stream);
  }
}
