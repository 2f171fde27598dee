import { join } from 'node:path';

const SUFFIX = '.seg';

/** `00000001.seg`: names in order are segments in order. */
export const segmentPath = (directory: string, segment: number): string =>
  join(directory, `${String(segment).padStart(8, '0')}${SUFFIX}`);

/** The number of a segment file; undefined for any other file. */
export function segmentNumber(name: string): number | undefined {
  const digits = /^(\d{8,10})\.seg$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
