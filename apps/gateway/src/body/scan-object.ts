import { isUtf8 } from 'node:buffer';
import { skipKey, skipSpace, skipString, skipValue, strictStringBytes } from './json-value.js';

/** Where the raw bytes of a value stand: from `start` up to, not with, `end`. */
export type Span = { readonly start: number; readonly end: number };
export type ScannedObject = { readonly fields: ReadonlyMap<string, Span>; readonly open: number };
export type ScanFault = 'malformed' | 'not_an_object' | 'ambiguous';

/** Longer keys are none of ours. */
const keyBytesMax = 64;

/**
 * Finds the values of `keys` at the top level of a JSON text and checks the rest without building it. A key that comes
 * twice, escaped, or in another case is `ambiguous` where it is one of `keys`: readers differ in which one they take.
 */
export function scanObject(bytes: Buffer, keys: ReadonlySet<string>): ScannedObject | ScanFault {
  const open = skipSpace(bytes, 0);
  if (bytes[open] !== 0x7b) return isWhole(bytes, open) ? 'not_an_object' : 'malformed';
  const fields = new Map<string, Span>();
  let ambiguous = false;
  let index = skipSpace(bytes, open + 1);
  if (bytes[index] === 0x7d) return isEnd(bytes, index + 1) ? { fields, open } : 'malformed';
  for (;;) {
    const start = skipKey(bytes, index);
    if (start < 0) return 'malformed';
    const key = keyAt(bytes, index, keys);
    const end = skipValue(bytes, start);
    if (end < 0) return 'malformed';
    if (key === 'ambiguous' || (key && fields.has(key.name))) ambiguous = true;
    else if (key) fields.set(key.name, { start, end });
    index = skipSpace(bytes, end);
    if (bytes[index] === 0x7d) break;
    if (bytes[index] !== 0x2c) return 'malformed';
    index = skipSpace(bytes, index + 1);
  }
  if (!isEnd(bytes, index + 1)) return 'malformed';
  return ambiguous ? 'ambiguous' : { fields, open };
}

function keyAt(bytes: Buffer, at: number, keys: ReadonlySet<string>): { name: string } | 'ambiguous' | undefined {
  const end = skipString(bytes, at);
  if (end - at > keyBytesMax * 6) return undefined;
  const raw = bytes.toString('utf8', at + 1, end - 1);
  if (keys.has(raw)) return { name: raw };
  const name = raw.includes('\\') ? decoded(bytes, at, end) : raw;
  // Some readers match keys whatever their case, by Unicode's folding (the Kelvin sign is a k to them).
  return keys.has(name) || keys.has(name.toUpperCase().toLowerCase()) ? 'ambiguous' : undefined;
}

function decoded(bytes: Buffer, start: number, end: number): string {
  return String(valueOf(bytes, { start, end }));
}

function isWhole(bytes: Buffer, at: number): boolean {
  const end = skipValue(bytes, at);
  return end >= 0 && isEnd(bytes, end);
}

/** Only white space follows, and all of it is UTF-8: readers that guess another encoding see another text. */
function isEnd(bytes: Buffer, at: number): boolean {
  return skipSpace(bytes, at) === bytes.length && isUtf8(bytes);
}

/** The text of a span that begins with a quote; undefined where it is malformed. Without escapes nothing is parsed. */
export function textOf(bytes: Buffer, { start, end }: Span): string | undefined {
  const raw = bytes.toString('utf8', start + 1, end - 1);
  if (!raw.includes('\\') && raw.length < strictStringBytes) return raw;
  const value = valueOf(bytes, { start, end });
  return typeof value === 'string' ? value : undefined;
}

/**
 * The value of a span, parsed; spans are kept small by whoever calls. Undefined where a long text inside turns out to be
 * malformed (see `strictStringBytes`).
 */
export function valueOf(bytes: Buffer, { start, end }: Span): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    return undefined;
  }
}
