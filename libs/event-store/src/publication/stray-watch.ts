import { verifyRecord, type BusRecord, type MacKey, type Verified } from '#libs/bus';
import { WATERMARK_KEY } from '#libs/contracts';
import { stateId, type StateRow } from '../store/state-records.js';

/** Keys that may wait for their repair; past it the topic as a whole is published again. */
export const STRAY_KEYS_MAX = 10_000;

export type StrayWatchParts = {
  readonly topic: string;
  readonly macKey: MacKey;
  readonly generation: number;
  /** What the store says of the keys now. */
  lookUp(keys: readonly { topic: string; key: string }[]): Promise<ReadonlyMap<string, StateRow>>;
  /** The store's last position, now. */
  lastPosition(): Promise<number>;
};

/**
 * Watches a state topic for records that the store would not write: forged, or of an overtaken publisher. What counts
 * is the last record of each key, since that is what compaction keeps and a fresh replica builds upon.
 */
export class StrayWatch {
  private readonly strays = new Map<string, number>();
  private knownPosition = 0;
  private foreign = 0;

  constructor(private readonly parts: StrayWatchParts) {}

  /** Keys whose last record in the log is not what the store says. */
  get keys(): readonly string[] {
    return [...this.strays.keys()];
  }

  get overflows(): boolean {
    return this.strays.size > STRAY_KEYS_MAX;
  }

  /** When the oldest of them was first seen, ms since 1970; Infinity if there is none. */
  get sinceMs(): number {
    return Math.min(...this.strays.values(), Number.POSITIVE_INFINITY);
  }

  /**
   * The highest generation of a valid record that this store cannot have written, 0 if there is none: such a store is
   * behind its own topic, because it was put back to a backup.
   */
  get foreignGeneration(): number {
    return this.foreign;
  }

  /** The store has this position: it was read there. */
  knows(position: number): void {
    this.knownPosition = Math.max(this.knownPosition, position);
  }

  async take(records: readonly BusRecord[]): Promise<void> {
    const last = new Map<string, Verified>();
    for (const record of records) {
      const verified = verifyRecord(this.parts.macKey, record);
      if (verified.ok) await this.lookForRestore(verified.record);
      const key = record.key?.toString('utf8');
      if (key && key !== WATERMARK_KEY) last.set(key, verified);
    }
    if (last.size === 0) return;
    const { topic } = this.parts;
    const held = await this.parts.lookUp([...last.keys()].map((key) => ({ topic, key })));
    for (const [key, verified] of last) {
      if (this.agrees(verified, held.get(stateId({ topic, key })))) this.strays.delete(key);
      else if (!this.strays.has(key)) this.strays.set(key, Date.now());
    }
  }

  /** What the store says has been sent again; should the log say otherwise all the same, the tail will see it. */
  repaired(keys: readonly string[]): void {
    for (const key of keys) this.strays.delete(key);
  }

  private agrees(verified: Verified, held: StateRow | undefined): boolean {
    if (!verified.ok) return false;
    const { value, position, generation } = verified.record;
    if (!held) return value === null;
    const same = held.value === null ? value === null : value?.equals(Buffer.from(held.value)) === true;
    return same && position === held.position && generation === this.parts.generation;
  }

  private async lookForRestore({ generation, position }: { generation: number; position: number }): Promise<void> {
    if (generation < this.parts.generation) return;
    if (position > this.knownPosition) this.knownPosition = await this.parts.lastPosition();
    const foreign = generation > this.parts.generation || position > this.knownPosition;
    if (foreign) this.foreign = Math.max(this.foreign, generation);
  }
}
