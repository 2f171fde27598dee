/** The next row of a partition is the first one after `index` in the record at `offset`. */
export type Cursor = { readonly offset: bigint; readonly index: number };
/** By `<topic>/<partition>`. */
export type TailPlace = ReadonlyMap<string, Cursor>;

/** Longest text of a place that is read. */
const TEXT_MAX = 4_096;
const CURSOR = /^([\w.-]{1,249}\/\d{1,9})@(\d{1,18})\+(\d{1,9})$/;

/** As an event's id: what was told up to it, so that whoever comes back with it is told the rest. */
export function placeText(place: TailPlace): string {
  return Array.from(place, ([key, { offset, index }]) => `${key}@${offset}+${index + 1}`).join(' ');
}

/** Undefined for what is no such text. Whether there is such a place is for the reader to see. */
export function readPlace(text: string): TailPlace | undefined {
  if (text.length > TEXT_MAX) return undefined;
  const found = text.split(' ').map((part) => CURSOR.exec(part));
  const place = new Map<string, Cursor>();
  for (const match of found) {
    const [, key, offset, told] = match ?? [];
    if (key === undefined || offset === undefined || place.has(key)) return undefined;
    place.set(key, { offset: BigInt(offset), index: Number(told) - 1 });
  }
  return place;
}
