import type { Span } from './scan-object.js';

/** A place of a body, and what is to stand there instead. */
export type Edit = Span & { readonly text: string };

/** The bytes with every place changed; the places do not overlap, and what is put in before a place comes before it. */
export function splice(bytes: Buffer, edits: readonly Edit[]): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(bytes.subarray(from, start), Buffer.from(text));
    from = end;
  }
  parts.push(bytes.subarray(from));
  return Buffer.concat(parts);
}
