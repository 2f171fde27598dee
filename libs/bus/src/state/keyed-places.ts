import type { Place } from './place.js';

/** Remembers where each key's last applied record stood. A table that holds places anyway can implement it itself. */
export interface Places {
  get(key: string): Place | undefined;
  /** `gone`: the record applied is a tombstone. */
  set(key: string, place: Place, gone: boolean): void;
}

/** Tombstoned keys whose place is remembered; a tombstone is published long after its key could do anything. */
export const TOMBSTONES_MAX = 100_000;

/** {@link Places} in a map. The places of tombstoned keys are kept too, the newest `tombstonesMax` of them. */
export class KeyedPlaces implements Places {
  private readonly live = new Map<string, Place>();
  private readonly gone = new Map<string, Place>();

  constructor(private readonly tombstonesMax = TOMBSTONES_MAX) {}

  get(key: string): Place | undefined {
    return this.live.get(key) ?? this.gone.get(key);
  }

  set(key: string, place: Place, gone: boolean): void {
    this.gone.delete(key);
    if (!gone) {
      this.live.set(key, place);
      return;
    }
    this.live.delete(key);
    this.gone.set(key, place);
    const oldest = this.gone.size > this.tombstonesMax ? this.gone.keys().next().value : undefined;
    if (oldest !== undefined) this.gone.delete(oldest);
  }
}
