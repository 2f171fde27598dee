import type { Place } from '#libs/bus';
import { plainPlace, readPlace, type PlainPlace } from '../feed/plain-place.js';
import { readRecord } from './read-record.js';

type Entry<Rec> = { record: Rec | undefined; place: Place | undefined };

/** A table as JSON can hold it. */
export type PlainTable<Rec> = (readonly [id: string, record: Rec | null, place: PlainPlace])[];

/**
 * Records of one kind by id, at most `entriesMax`. One that could not be read, or found no room, is missing: whoever
 * needs it is denied. The objects stand until the next record of their key, so what follows from one can be kept with it.
 */
export class RecordTable<Rec extends { readonly id: string }> {
  private readonly entries = new Map<string, Entry<Rec>>();
  private changeCount = 0;

  constructor(
    private readonly schema: { parse(value: unknown): Rec },
    private readonly entriesMax: number,
  ) {}

  find(id: string): Rec | undefined {
    return this.entries.get(id)?.record;
  }

  /** Another number after every change: what was made from all of them is made again then. */
  get changes(): number {
    return this.changeCount;
  }

  /** All that can be read. */
  *records(): Iterable<Rec> {
    for (const { record } of this.entries.values()) if (record) yield record;
  }

  place(id: string): Place | undefined {
    return this.entries.get(id)?.place;
  }

  /** Takes note of a record's place before its content; false where there is no room for it. */
  setPlace(id: string, place: Place): boolean {
    const entry = this.entries.get(id);
    if (entry) entry.place = place;
    else if (this.entries.size >= this.entriesMax) return false;
    else this.entries.set(id, { record: undefined, place });
    return true;
  }

  /** False for what cannot be read: the former record does not hold any more. */
  apply(id: string, value: Buffer): boolean {
    const entry = this.entries.get(id);
    if (!entry) return false;
    this.changeCount += 1;
    entry.record = readRecord(this.schema, value, (record) => record.id === id);
    return entry.record !== undefined;
  }

  remove(id: string): void {
    this.entries.delete(id);
    this.changeCount += 1;
  }

  export(): PlainTable<Rec> {
    return Array.from(this.entries, ([id, { record, place }]) => [id, record ?? null, plainPlace(place)] as const);
  }

  /** Into an empty one. */
  import(rows: PlainTable<Rec>): void {
    for (const [id, record, place] of rows) {
      this.entries.set(id, { record: record ?? undefined, place: readPlace(place) });
    }
    this.changeCount += 1;
  }
}
