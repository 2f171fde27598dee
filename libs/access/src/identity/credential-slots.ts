import type { TellNews } from './credential-news.js';

/**
 * Credentials in memory that all threads share, off the JavaScript heap: a million objects there cost several times the
 * CPU of a request in garbage collection. One slot is 32 words, two lines of a processor's cache, in a page of 8192.
 *
 * One thread writes. `sequence` is odd while it changes a slot, and another number afterwards, so a reader that found the
 * same even number before and after has read one record whole (a seqlock). Every word is read and written by Atomics:
 * then the order is the language's promise, on any processor.
 */
const SLOT_WORDS = 32;
const PAGE_BITS = 13;
const PAGE_SLOTS = 1 << PAGE_BITS;
const PAGE_BYTES = SLOT_WORDS * PAGE_SLOTS * Int32Array.BYTES_PER_ELEMENT;

const SEQUENCE = 0;
const ID = 1;
/** Status, kind, and in the upper half the version of the pepper. */
const STATE = 4;
const MAC = 5;
const PROVEN = 13;
const USED_MINUTE = 31;
const double = { expiresAtMs: 17, issuedAtMs: 19, offset: 21, position: 23 } as const;
const word = { generation: 25, epoch: 26, owner: 27, ownerEpoch: 28, tenant: 29, extras: 30 } as const;

export const KEY_ID_LENGTH = 12;
export const MAC_BYTES = 32;
const MAC_WORDS = MAC_BYTES / 4;
/** Of the SHA-256 of a text whose MAC was found right: enough that no second text has it. */
const PROVEN_WORDS = 4;
const MINUTE_MS = 60_000;
/** Looks at a slot that is being changed, before the reader sleeps: its writer may have been taken off its core. */
const LOOKS_MAX = 1_000;
const SLEEP_MS = 1;

/** Numbers of a slot; times in ms since 1970. */
export type SlotDouble = keyof typeof double;
export type SlotWord = keyof typeof word;
/** Status and kind by number. */
export type SlotState = { readonly status: number; readonly kind: number; readonly pepperVersion: number };

const number = new Float64Array(1);
const halves = new Int32Array(number.buffer);

/** Fixed-size records in pages. Slots are numbered from 0; a released one is taken again first. */
export class CredentialSlots {
  private readonly pages: Int32Array[] = [];
  private readonly free: number[] = [];
  private used = 0;

  /** `missing` is called for a slot in a page that was not given to this thread yet, and gives it. */
  constructor(
    private readonly tell: TellNews,
    private readonly missing: () => void,
  ) {}

  /** Slots ever taken, released ones included. Known to the writer only. */
  get extent(): number {
    return this.used;
  }

  /** The record's number: another after each change, odd during one. */
  sequence(slot: number): number {
    return Atomics.load(this.page(slot), first(slot) + SEQUENCE);
  }

  /** As `sequence`, once no change is under way. */
  settled(slot: number): number {
    const page = this.page(slot);
    const at = first(slot) + SEQUENCE;
    for (let looks = 0; ; looks += 1) {
      const sequence = Atomics.load(page, at);
      if ((sequence & 1) === 0) return sequence;
      if (looks >= LOOKS_MAX) Atomics.wait(page, at, sequence, SLEEP_MS);
    }
  }

  /** Whether the slot is that of the id which stands in `text` from `at` on. */
  hasId(slot: number, text: string, at: number): boolean {
    const page = this.page(slot);
    const start = first(slot) + ID;
    for (let i = 0; i < KEY_ID_LENGTH / 4; i += 1) {
      if (Atomics.load(page, start + i) !== fourOf(text, at + i * 4)) return false;
    }
    return true;
  }

  /** Four characters of its id from the one numbered `n * 4` on, the first in the lowest byte. */
  idWord(slot: number, n: number): number {
    return Atomics.load(this.page(slot), first(slot) + ID + n);
  }

  id(slot: number): string {
    const bytes = Buffer.alloc(KEY_ID_LENGTH);
    for (let i = 0; i < KEY_ID_LENGTH / 4; i += 1) bytes.writeInt32LE(this.idWord(slot, i), i * 4);
    return bytes.toString('latin1');
  }

  state(slot: number): SlotState {
    const state = Atomics.load(this.page(slot), first(slot) + STATE);
    return { status: state & 0xff, kind: (state >>> 8) & 0xff, pepperVersion: state >>> 16 };
  }

  /** A copy of the 32 bytes. */
  mac(slot: number): Buffer {
    const bytes = Buffer.alloc(MAC_BYTES);
    for (let i = 0; i < MAC_WORDS; i += 1) {
      bytes.writeInt32LE(Atomics.load(this.page(slot), first(slot) + MAC + i), i * 4);
    }
    return bytes;
  }

  double(slot: number, field: SlotDouble): number {
    const at = first(slot) + double[field];
    halves[0] = Atomics.load(this.page(slot), at);
    halves[1] = Atomics.load(this.page(slot), at + 1);
    return number[0] ?? 0;
  }

  word(slot: number, field: SlotWord): number {
    return Atomics.load(this.page(slot), first(slot) + word[field]) >>> 0;
  }

  /** Whether a text with this SHA-256 (Latin-1) was proved to be the slot's current secret, by whatever thread. */
  isProven(slot: number, digest: string): boolean {
    const page = this.page(slot);
    const start = first(slot);
    for (let i = 0; i < PROVEN_WORDS; i += 1) {
      const held = Atomics.load(page, start + PROVEN + i) ^ Atomics.load(page, start + MAC + i);
      if (held !== fourOf(digest, i * 4)) return false;
    }
    return true;
  }

  /**
   * Any thread may say what it has proved against `mac`. What is kept holds only beside that very MAC: said too late, when
   * the secret is another, it proves nothing.
   */
  setProven(slot: number, digest: string, mac: Buffer): void {
    const start = first(slot) + PROVEN;
    for (let i = 0; i < PROVEN_WORDS; i += 1) {
      Atomics.store(this.page(slot), start + i, fourOf(digest, i * 4) ^ mac.readInt32LE(i * 4));
    }
  }

  /** When the key was last used, to the minute, by its record or on any thread: ms since 1970; 0 for never. */
  usedMs(slot: number): number {
    return Atomics.load(this.page(slot), first(slot) + USED_MINUTE) * MINUTE_MS;
  }

  /** Any thread may; an earlier use than the one that is known changes nothing. */
  noteUse(slot: number, atMs: number): void {
    const page = this.page(slot);
    const at = first(slot) + USED_MINUTE;
    const minute = Math.floor(atMs / MINUTE_MS);
    for (;;) {
      const known = Atomics.load(page, at);
      if (minute <= known || Atomics.compareExchange(page, at, known, minute) === known) return;
    }
  }

  /** A slot with nothing in it but the id. Nobody may find it before `change` has given it more. */
  take(keyId: string): number {
    const slot = this.free.pop() ?? this.used++;
    if (slot >>> PAGE_BITS === this.pages.length) {
      const page = new SharedArrayBuffer(PAGE_BYTES);
      this.tell({ kind: 'page', page });
      this.adopt(page);
    }
    this.change(slot, () => {
      const page = this.page(slot);
      for (let i = ID; i < SLOT_WORDS; i += 1) Atomics.store(page, first(slot) + i, 0);
      for (let i = 0; i < KEY_ID_LENGTH / 4; i += 1) Atomics.store(page, first(slot) + ID + i, fourOf(keyId, i * 4));
    });
    return slot;
  }

  release(slot: number): void {
    this.change(slot, () => Atomics.store(this.page(slot), first(slot) + STATE, 0));
    this.free.push(slot);
  }

  /** Everything that `work` sets is seen by the other threads together. It must not read by `settled`. */
  change(slot: number, work: () => void): void {
    const page = this.page(slot);
    Atomics.add(page, first(slot) + SEQUENCE, 1);
    try {
      work();
    } finally {
      Atomics.add(page, first(slot) + SEQUENCE, 1);
    }
  }

  setState(slot: number, { status, kind, pepperVersion }: SlotState): void {
    Atomics.store(this.page(slot), first(slot) + STATE, status | (kind << 8) | (pepperVersion << 16));
  }

  setMac(slot: number, mac: Buffer): void {
    for (let i = 0; i < MAC_WORDS; i += 1) {
      Atomics.store(this.page(slot), first(slot) + MAC + i, mac.readInt32LE(i * 4));
    }
  }

  setDouble(slot: number, field: SlotDouble, value: number): void {
    number[0] = value;
    const at = first(slot) + double[field];
    Atomics.store(this.page(slot), at, halves[0] ?? 0);
    Atomics.store(this.page(slot), at + 1, halves[1] ?? 0);
  }

  setWord(slot: number, field: SlotWord, value: number): void {
    Atomics.store(this.page(slot), first(slot) + word[field], value);
  }

  /** The next page, for a thread that reads. */
  adopt(page: SharedArrayBuffer): void {
    this.pages.push(new Int32Array(page));
  }

  shared(): SharedArrayBuffer[] {
    return this.pages.map(({ buffer }) => buffer as unknown as SharedArrayBuffer);
  }

  /** Copies of the pages, in order, for a snapshot file; without the digests of texts. */
  export(): { pages: Buffer[]; used: number; free: number[] } {
    const pages = this.pages.map((page) => {
      const copy = Int32Array.from(page);
      for (let at = PROVEN; at < copy.length; at += SLOT_WORDS) copy.fill(0, at, at + PROVEN_WORDS);
      return Buffer.from(copy.buffer);
    });
    return { pages, used: this.used, free: [...this.free] };
  }

  /** Into an empty table. Throws a RangeError when the pages do not hold that many slots. */
  import({ pages, used, free }: { pages: readonly Uint8Array[]; used: number; free: readonly number[] }): void {
    if (pages.some(({ length }) => length !== PAGE_BYTES) || used > pages.length * PAGE_SLOTS) {
      throw new RangeError('These are no pages of credentials.');
    }
    for (const bytes of pages) {
      const page = new SharedArrayBuffer(PAGE_BYTES);
      new Uint8Array(page).set(bytes);
      this.tell({ kind: 'page', page });
      this.adopt(page);
    }
    this.free.push(...free);
    this.used = used;
  }

  private page(slot: number): Int32Array {
    const page = this.pages[slot >>> PAGE_BITS];
    return page ?? this.pageGiven(slot);
  }

  private pageGiven(slot: number): Int32Array {
    this.missing();
    const page = this.pages[slot >>> PAGE_BITS];
    if (!page) throw new RangeError(`No slot ${slot}`);
    return page;
  }
}

/** Index of a slot's first word in its page. */
const first = (slot: number) => (slot & (PAGE_SLOTS - 1)) * SLOT_WORDS;

/** Four characters as one word. One beyond Latin-1 makes it a word that no id has: ids are ASCII. */
function fourOf(text: string, at: number): number {
  const a = text.charCodeAt(at);
  const b = text.charCodeAt(at + 1);
  const c = text.charCodeAt(at + 2);
  const d = text.charCodeAt(at + 3);
  return (a | b | c | d) > 0xff ? -1 : a | (b << 8) | (c << 16) | (d << 24);
}
