import { skipSpace, skipValue } from './json-value.js';
import type { Span } from './scan-object.js';

/** Where the items of a list stand; the scanner has checked that it is one. Empty where it is something else. */
export function* arrayItems(bytes: Buffer, list: Span): Generator<Span> {
  if (bytes[list.start] !== 0x5b) return;
  let start = skipSpace(bytes, list.start + 1);
  while (bytes[start] !== 0x5d) {
    const end = skipValue(bytes, start);
    if (end < 0) return;
    yield { start, end };
    const after = skipSpace(bytes, end);
    if (bytes[after] !== 0x2c) return;
    start = skipSpace(bytes, after + 1);
  }
}
