import { setDigestLine } from './state-keys.js';

/** What of a document the digest of its set is taken over; `digest` is that of the document, in hex. */
export type DigestedDocument = { readonly kind: string; readonly name: string; readonly digest: string };

/** SHA-256 of a text's UTF-8 bytes, in hex. */
export type Sha256 = (text: string) => string;

/** `lines` in the order of `setDigestInput`. */
type Bucket = { readonly lines: readonly string[]; readonly digest: string };

const FORM = '2:';
const BUCKETS = 256;

/**
 * The digest of a set of documents, kept so that a change of one among n costs n / 256: documents stand in 256 buckets by
 * the first byte of their own digests; a bucket's digest is that of its `setDigestInput`, an empty one has none; the set's
 * is that of the buckets' lines in order, behind `2:`. Never changed: `with` makes the next set's. Heads that were
 * published before carry the digest of the whole `setDigestInput`, without a form in front; readers take both.
 */
export class SetDigest {
  private constructor(
    private readonly sha256: Sha256,
    private readonly buckets: readonly (Bucket | undefined)[],
    /** Documents in the set. */
    readonly size: number,
  ) {}

  static empty(sha256: Sha256): SetDigest {
    return new SetDigest(
      sha256,
      Array.from({ length: BUCKETS }, () => undefined),
      0,
    );
  }

  static of(documents: Iterable<DigestedDocument>, sha256: Sha256): SetDigest {
    return SetDigest.empty(sha256).with(Array.from(documents, (after) => ({ after })));
  }

  /** The set after changes; `before` is what stood there, and leaves. */
  with(changes: Iterable<{ before?: DigestedDocument | undefined; after?: DigestedDocument | undefined }>): SetDigest {
    const touched = new Map<number, string[]>();
    let { size } = this;
    const linesBeside = ({ digest }: DigestedDocument) => {
      const n = Number.parseInt(digest.slice(0, 2), 16);
      const known = touched.get(n);
      if (known) return known;
      const copy = this.buckets[n]?.lines.slice() ?? [];
      touched.set(n, copy);
      return copy;
    };
    for (const { before, after } of changes) {
      if (before && takeOut(linesBeside(before), setDigestLine(before))) size -= 1;
      if (after && putIn(linesBeside(after), setDigestLine(after))) size += 1;
    }
    const buckets = [...this.buckets];
    for (const [n, lines] of touched) {
      buckets[n] = lines.length === 0 ? undefined : { lines, digest: this.sha256(lines.join('')) };
    }
    return new SetDigest(this.sha256, buckets, size);
  }

  /** As a head states it. */
  get value(): string {
    return FORM + this.sha256(this.buckets.map((bucket) => `${bucket?.digest ?? ''}\n`).join(''));
  }

  /** Whether a head's digest is this set's, in either form. */
  is(stated: string): boolean {
    if (stated.startsWith(FORM)) return stated === this.value;
    const lines = this.buckets.flatMap((bucket) => bucket?.lines ?? []);
    return stated === this.sha256(lines.toSorted().join(''));
  }
}

/** False where it is not there. */
function takeOut(lines: string[], line: string): boolean {
  const at = placeOf(lines, line);
  if (lines[at] !== line) return false;
  lines.splice(at, 1);
  return true;
}

/** False where it is there already. */
function putIn(lines: string[], line: string): boolean {
  const at = placeOf(lines, line);
  if (lines[at] === line) return false;
  lines.splice(at, 0, line);
  return true;
}

/** Where a line stands among sorted ones, or would. */
function placeOf(lines: readonly string[], line: string): number {
  let [from, to] = [0, lines.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((lines[middle] ?? '') < line) from = middle + 1;
    else to = middle;
  }
  return from;
}
