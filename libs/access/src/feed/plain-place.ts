import type { Place } from '#libs/bus';

/** A place as JSON can hold it. */
export type PlainPlace = readonly [offset: string, generation: number, epoch: number, position: number] | null;

export function plainPlace(place: Place | undefined): PlainPlace {
  return place ? [String(place.offset), place.generation, place.epoch, place.position] : null;
}

export function readPlace(place: PlainPlace): Place | undefined {
  if (!place) return undefined;
  const [offset, generation, epoch, position] = place;
  return { offset: BigInt(offset), generation, epoch, position };
}
