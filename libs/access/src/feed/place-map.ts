import { KeyedPlaces, type Place, type Places } from '#libs/bus';
import { plainPlace, readPlace, type PlainPlace } from './plain-place.js';

/** Places by key that can be written to a snapshot. Those of tombstones are bounded, and left out of it. */
export class PlaceMap implements Places {
  private readonly live = new Map<string, Place>();
  private readonly gone = new KeyedPlaces();

  get(key: string): Place | undefined {
    return this.live.get(key) ?? this.gone.get(key);
  }

  set(key: string, place: Place, gone: boolean): void {
    if (gone) {
      this.live.delete(key);
      this.gone.set(key, place, true);
    } else this.live.set(key, place);
  }

  export(): (readonly [key: string, place: PlainPlace])[] {
    return Array.from(this.live, ([key, place]) => [key, plainPlace(place)] as const);
  }

  import(entries: readonly (readonly [key: string, place: PlainPlace])[]): void {
    for (const [key, plain] of entries) {
      const place = readPlace(plain);
      if (place) this.live.set(key, place);
    }
  }
}
