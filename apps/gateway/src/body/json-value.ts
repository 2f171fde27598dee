const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Deeper bodies are refused; JSON.parse itself has no such bound. */
export const nestingMax = 256;

/**
 * Of a string, this many bytes are read one by one; what is longer is crossed by searching for its end, fifty times as
 * fast. Inside the crossed part control characters and broken escapes go unnoticed: they end no string for any reader.
 */
export const strictStringBytes = 256;
/** Read one by one again after an escaped quote: texts full of them would pay a search for each. */
const strictAfterQuoteBytes = 64;

/** Bytes that are not simply part of a string: control characters, the quote, the backslash. */
const special = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte < 0x20 || byte === QUOTE || byte === BACKSLASH),
);
const escapes = Uint8Array.from({ length: 256 }, (_, byte) => Number('"\\/bfnrt'.includes(String.fromCharCode(byte))));

/** The first byte at or after `at` that is no white space. */
export function skipSpace(bytes: Buffer, at: number): number {
  let index = at;
  for (;;) {
    const byte = bytes[index];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return index;
    index += 1;
  }
}

/** `at` is the opening quote. Answers the index behind the closing one, -1 where the string is malformed. */
export function skipString(bytes: Buffer, at: number): number {
  let index = at + 1;
  let strictEnd = Math.min(index + strictStringBytes, bytes.length);
  for (;;) {
    while (index < strictEnd) {
      const byte = bytes[index] as number;
      if (special[byte] === 0) {
        index += 1;
      } else {
        if (byte === QUOTE) return index + 1;
        if (byte !== BACKSLASH) return -1;
        index = skipEscape(bytes, index);
        if (index < 0) return -1;
      }
    }
    const quote = bytes.indexOf(QUOTE, index);
    if (quote < 0) return -1;
    if (!isEscaped(bytes, quote, index)) return quote + 1;
    index = quote + 1;
    strictEnd = Math.min(index + strictAfterQuoteBytes, bytes.length);
  }
}

/** Whether an odd number of backslashes precedes; `from` is known to stand outside of any escape. */
function isEscaped(bytes: Buffer, quote: number, from: number): boolean {
  let before = quote - 1;
  while (before >= from && bytes[before] === BACKSLASH) before -= 1;
  return (quote - 1 - before) % 2 === 1;
}

function skipEscape(bytes: Buffer, at: number): number {
  const escaped = bytes[at + 1];
  if (escaped === undefined) return -1;
  if (escapes[escaped] === 1) return at + 2;
  if (escaped !== 0x75) return -1;
  for (let index = at + 2; index < at + 6; index += 1) if (!isHex(bytes[index])) return -1;
  return at + 6;
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

/** `at` is the first byte of the value. Answers the index behind it, -1 where it is malformed or nested too deep. */
export function skipValue(bytes: Buffer, at: number): number {
  const first = bytes[at];
  return first === OPEN_OBJECT || first === OPEN_ARRAY ? skipContainer(bytes, at) : skipScalar(bytes, at);
}

function skipScalar(bytes: Buffer, at: number): number {
  switch (bytes[at]) {
    case QUOTE:
      return skipString(bytes, at);
    case 0x74:
      return skipWord(bytes, at, 'true');
    case 0x66:
      return skipWord(bytes, at, 'false');
    case 0x6e:
      return skipWord(bytes, at, 'null');
    default:
      return skipNumber(bytes, at);
  }
}

function skipWord(bytes: Buffer, at: number, word: string): number {
  for (let index = 0; index < word.length; index += 1) if (bytes[at + index] !== word.charCodeAt(index)) return -1;
  return at + word.length;
}

function skipNumber(bytes: Buffer, at: number): number {
  const whole = bytes[at] === 0x2d ? at + 1 : at;
  let index = skipDigits(bytes, whole);
  if (index < 0 || (bytes[whole] === 0x30 && index > whole + 1)) return -1;
  if (bytes[index] === 0x2e) index = skipDigits(bytes, index + 1);
  if (index >= 0 && (bytes[index] === 0x65 || bytes[index] === 0x45)) {
    const sign = bytes[index + 1];
    index = skipDigits(bytes, sign === 0x2b || sign === 0x2d ? index + 2 : index + 1);
  }
  return index;
}

/** At least one digit, or -1. */
function skipDigits(bytes: Buffer, at: number): number {
  let index = at;
  for (let byte = bytes[index]; byte !== undefined && byte >= 0x30 && byte <= 0x39; byte = bytes[index]) index += 1;
  return index > at ? index : -1;
}

/** Iterative, so that no body exhausts the stack. */
function skipContainer(bytes: Buffer, start: number): number {
  const closers: number[] = [];
  let index = start;
  for (;;) {
    // Here `index` is the first byte of a value.
    const first = bytes[index];
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      if (closers.length >= nestingMax) return -1;
      const closer = first === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
      index = skipSpace(bytes, index + 1);
      if (bytes[index] !== closer) {
        closers.push(closer);
        if (closer === CLOSE_OBJECT) index = skipKey(bytes, index);
        if (index < 0) return -1;
        continue;
      }
      index += 1;
    } else {
      index = skipScalar(bytes, index);
      if (index < 0) return -1;
    }
    // Here a value has ended: close what it ends, then move on to the next one.
    for (;;) {
      const closer = closers.at(-1);
      if (closer === undefined) return index;
      index = skipSpace(bytes, index);
      if (bytes[index] === COMMA) {
        index = skipSpace(bytes, index + 1);
        if (closer === CLOSE_OBJECT) index = skipKey(bytes, index);
        if (index < 0) return -1;
        break;
      }
      if (bytes[index] !== closer) return -1;
      closers.pop();
      index += 1;
    }
  }
}

/** A key, its colon and the space around; answers the first byte of the value. */
export function skipKey(bytes: Buffer, at: number): number {
  if (bytes[at] !== QUOTE) return -1;
  const end = skipString(bytes, at);
  if (end < 0) return -1;
  const colon = skipSpace(bytes, end);
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : -1;
}
