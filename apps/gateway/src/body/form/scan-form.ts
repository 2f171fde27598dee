import type { Span } from '../scan-object.js';
import { readPartHeader, type PartHeader } from './part-header.js';

/** Where the contents of a form's fields stand, and how many bytes of it are text, not files. */
export type ScannedForm = { readonly fields: ReadonlyMap<string, Span>; readonly textBytes: number };
export type FormFault = 'malformed' | 'ambiguous';

const partsMax = 256;
const headerBytesMax = 4_096;
const endOfHeader = '\r\n\r\n';
/** HTML's way to change how every other text of a form is decoded. */
const charsetField = '_charset_';

/**
 * Finds the fields of a `multipart/form-data` body without building it. One grammar, the narrowest: nothing before the
 * first part or behind the last, lines end with CRLF, and the boundary stands nowhere else, not even without its dashes.
 * Whatever else readers put up with is refused, since they put up with it differently.
 *
 * Of `single` names each may come once, as text, in plain spelling, else the form is `ambiguous`; of `others` the first
 * is kept.
 */
export function scanForm(
  bytes: Buffer,
  boundary: string,
  single: ReadonlySet<string>,
  others: readonly string[],
): ScannedForm | FormFault {
  const mark = Buffer.from(boundary);
  if (bytes.indexOf(mark) !== 2 || !isDashes(bytes, 0)) return 'malformed';
  const fields = new Map<string, Span>();
  let textBytes = 0;
  let isAmbiguous = false;
  let at = 2 + mark.length;
  for (let parts = 0; !isEnd(bytes, at); parts += 1) {
    const part = parts < partsMax ? partAt(bytes, at, mark) : undefined;
    if (!part) return 'malformed';
    const { header, content, next } = part;
    const { name } = header;
    const isSingle = isSpellingOf(name, single);
    if (name === charsetField) isAmbiguous = true;
    if (isSingle && (!single.has(name) || fields.has(name) || !header.isText)) isAmbiguous = true;
    if ((isSingle || others.includes(name)) && !fields.has(name)) fields.set(name, content);
    if (!header.isFile) textBytes += content.end - content.start;
    at = next;
  }
  return isAmbiguous ? 'ambiguous' : { fields, textBytes };
}

/** The part whose boundary ends before `at`; `next` is behind the following boundary. */
function partAt(
  bytes: Buffer,
  at: number,
  mark: Buffer,
): { readonly header: PartHeader; readonly content: Span; readonly next: number } | undefined {
  if (!isLineEnd(bytes, at)) return undefined;
  const length = bytes.subarray(at + 2, at + 2 + headerBytesMax).indexOf(endOfHeader);
  if (length < 0) return undefined;
  const block = bytes.subarray(at + 2, at + 2 + length);
  const start = at + 2 + length + endOfHeader.length;
  const following = bytes.indexOf(mark, start);
  const end = following - 4;
  if (block.includes(mark) || end < start || !isLineEnd(bytes, end) || !isDashes(bytes, end + 2)) return undefined;
  const header = readPartHeader(block.toString('latin1'));
  if (!header || (header.bytes ?? end - start) !== end - start) return undefined;
  return { header, content: { start, end }, next: following + mark.length };
}

/** Whether the last delimiter ends at `at`, with nothing but a line's end behind it. */
function isEnd(bytes: Buffer, at: number): boolean {
  if (!isDashes(bytes, at)) return false;
  return at + 2 === bytes.length || (isLineEnd(bytes, at + 2) && at + 4 === bytes.length);
}

function isDashes(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x2d && bytes[at + 1] === 0x2d;
}

function isLineEnd(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x0d && bytes[at + 1] === 0x0a;
}

/** `Model`, `model[]`, `model[0]` and `model.x` are a `model` to some readers. */
function isSpellingOf(name: string, keys: ReadonlySet<string>): boolean {
  const base = name.split(/[[\].]/u).find((piece) => piece !== '') ?? '';
  return keys.has(base.toLowerCase());
}
