/** Where a record stands in its writer's history: generation of the store, epoch of the publisher, position. */
export type WriterPlace = { readonly generation: number; readonly epoch: number; readonly position: number };

/** Where a record stands: its Kafka offset, and its writer's place. */
export type Place = WriterPlace & { readonly offset: bigint };

/** A record is before another if it is of an older generation or, within one, of an older epoch or position. */
export function isBefore(place: WriterPlace, known: WriterPlace): boolean {
  if (place.generation !== known.generation) return place.generation < known.generation;
  return place.epoch < known.epoch || place.position < known.position;
}

/** The rule of applying: above the last applied offset of the key, and not below the key's writer's place. */
export function mayApply(place: Place, held: Place | undefined): boolean {
  return !held || (place.offset > held.offset && !isBefore(place, held));
}

/** The furthest of both: a newer generation counts alone, within one the greatest epoch and position. */
export function furthest(a: WriterPlace, b: WriterPlace): WriterPlace {
  if (a.generation !== b.generation) return a.generation > b.generation ? a : b;
  const { generation } = a;
  return { generation, epoch: Math.max(a.epoch, b.epoch), position: Math.max(a.position, b.position) };
}
