import type { Span } from './scan-object.js';
import { skipSpace } from './json-value.js';

const COMMA = 0x2c;

/**
 * The place of a whole member of an object, from the place of its value: key, colon and value. The scanner has seen its
 * key in plain spelling.
 */
export function memberSpan(bytes: Buffer, value: Span, key: string): Span {
  return { start: bytes.lastIndexOf(`"${key}"`, value.start), end: value.end };
}

/** The same with one comma beside it, so that an object is left when it is taken out. */
export function removableSpan(bytes: Buffer, value: Span, key: string): Span {
  const { start, end } = memberSpan(bytes, value, key);
  const after = skipSpace(bytes, end);
  if (bytes[after] === COMMA) return { start, end: after + 1 };
  let before = start - 1;
  while (isSpace(bytes[before])) before -= 1;
  return { start: bytes[before] === COMMA ? before : start, end };
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
