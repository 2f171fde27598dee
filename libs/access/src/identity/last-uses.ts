const MINUTE_MS = 60_000;
const PAGE_BITS = 13;
const PAGE_SLOTS = 1 << PAGE_BITS;

/** What is put into a snapshot file: pages that hold anything, base64. */
export type LastUsesState = readonly (readonly [page: number, minutes: string])[];

/**
 * When each key was last used, to the minute: as its record says, and as this replica has seen since. Four bytes a key,
 * in pages that exist only where some key's use matters.
 */
export class LastUses {
  private readonly pages: (Uint32Array | undefined)[] = [];

  /** Ms since 1970 at the beginning of the minute; 0 for never. */
  of(slot: number): number {
    return (this.pages[slot >>> PAGE_BITS]?.[slot & (PAGE_SLOTS - 1)] ?? 0) * MINUTE_MS;
  }

  /** An earlier use than the one that is known changes nothing. */
  note(slot: number, atMs: number): void {
    const page = (this.pages[slot >>> PAGE_BITS] ??= new Uint32Array(PAGE_SLOTS));
    const minute = Math.floor(atMs / MINUTE_MS);
    const at = slot & (PAGE_SLOTS - 1);
    if (minute > (page[at] ?? 0)) page[at] = minute;
  }

  /** The slot is another key's from now on. */
  forget(slot: number): void {
    const page = this.pages[slot >>> PAGE_BITS];
    if (page) page[slot & (PAGE_SLOTS - 1)] = 0;
  }

  export(): LastUsesState {
    return this.pages.flatMap((page, n) => (page ? [[n, Buffer.from(page.buffer).toString('base64')] as const] : []));
  }

  /** Into an empty table. */
  import(state: LastUsesState): void {
    for (const [n, text] of state) {
      const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
      if (bytes.length !== PAGE_SLOTS * Uint32Array.BYTES_PER_ELEMENT) throw new RangeError('This is no page of uses.');
      this.pages[n] = new Uint32Array(bytes.buffer);
    }
  }
}
