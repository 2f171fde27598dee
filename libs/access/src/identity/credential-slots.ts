/**
 * Bytes of credentials off the JavaScript heap: a million objects there cost several times the CPU of a request in
 * garbage collection. One slot is 120 bytes in a page of 8192; what few keys have is kept beside (see CredentialTable).
 */
const SLOT_BYTES = 120;
const PAGE_BITS = 13;
const PAGE_SLOTS = 1 << PAGE_BITS;
const PAGE_BYTES = SLOT_BYTES * PAGE_SLOTS;

const byte = { id: 0, status: 12, kind: 13, pepperVersion: 14, mac: 16, proven: 104 } as const;
/** Index in 8-byte numbers. */
const double = { expiresAtMs: 6, offset: 7, position: 8, issuedAtMs: 12 } as const;
/** Index in 4-byte numbers. */
const word = { generation: 18, epoch: 19, owner: 20, ownerEpoch: 21, tenant: 22, extras: 23 } as const;

export const KEY_ID_LENGTH = 12;
export const MAC_BYTES = 32;
/** Of the SHA-256 of a text whose MAC was found right: enough that no second text has it. */
const PROVEN_BYTES = 16;

type Page = { u8: Uint8Array; u16: Uint16Array; u32: Uint32Array; f64: Float64Array };

/** Numbers of a slot; times in ms since 1970. */
export type SlotDouble = keyof typeof double;
export type SlotWord = keyof typeof word;

/** Fixed-size records in pages. Slots are numbered from 0; a released one is taken again first. */
export class CredentialSlots {
  private readonly pages: Page[] = [];
  private readonly free: number[] = [];
  private used = 0;

  /** Slots ever taken, released ones included. */
  get extent(): number {
    return this.used;
  }

  take(keyId: string): number {
    const slot = this.free.pop() ?? this.used++;
    if (slot >>> PAGE_BITS === this.pages.length) this.pages.push(pageOver(new ArrayBuffer(PAGE_BYTES)));
    const start = (slot & (PAGE_SLOTS - 1)) * SLOT_BYTES;
    const { u8 } = this.page(slot);
    u8.fill(0, start, start + SLOT_BYTES);
    for (let i = 0; i < KEY_ID_LENGTH; i += 1) u8[start + i] = keyId.charCodeAt(i);
    return slot;
  }

  release(slot: number): void {
    this.setStatus(slot, 0);
    this.free.push(slot);
  }

  /** Whether the slot is that of the id which stands in `text` from `at` on. */
  hasId(slot: number, text: string, at: number): boolean {
    const start = (slot & (PAGE_SLOTS - 1)) * SLOT_BYTES;
    const { u8 } = this.page(slot);
    for (let i = 0; i < KEY_ID_LENGTH; i += 1) if (u8[start + i] !== text.charCodeAt(at + i)) return false;
    return true;
  }

  id(slot: number): string {
    const start = (slot & (PAGE_SLOTS - 1)) * SLOT_BYTES;
    return String.fromCharCode(...this.page(slot).u8.subarray(start, start + KEY_ID_LENGTH));
  }

  status(slot: number): number {
    return this.page(slot).u8[(slot & (PAGE_SLOTS - 1)) * SLOT_BYTES + byte.status] ?? 0;
  }

  setStatus(slot: number, status: number): void {
    this.page(slot).u8[(slot & (PAGE_SLOTS - 1)) * SLOT_BYTES + byte.status] = status;
  }

  kind(slot: number): number {
    return this.page(slot).u8[(slot & (PAGE_SLOTS - 1)) * SLOT_BYTES + byte.kind] ?? 0;
  }

  setKind(slot: number, kind: number): void {
    this.page(slot).u8[(slot & (PAGE_SLOTS - 1)) * SLOT_BYTES + byte.kind] = kind;
  }

  /** The 32 bytes themselves, not a copy. */
  mac(slot: number): Uint8Array {
    const start = (slot & (PAGE_SLOTS - 1)) * SLOT_BYTES + byte.mac;
    return this.page(slot).u8.subarray(start, start + MAC_BYTES);
  }

  pepperVersion(slot: number): number {
    return this.page(slot).u16[((slot & (PAGE_SLOTS - 1)) * SLOT_BYTES + byte.pepperVersion) >>> 1] ?? 0;
  }

  /** Whether a text with this SHA-256 (Latin-1) was proved to be the slot's current secret. */
  isProven(slot: number, digest: string): boolean {
    const start = (slot & (PAGE_SLOTS - 1)) * SLOT_BYTES + byte.proven;
    const { u8 } = this.page(slot);
    for (let i = 0; i < PROVEN_BYTES; i += 1) if (u8[start + i] !== digest.charCodeAt(i)) return false;
    return true;
  }

  setProven(slot: number, digest: string): void {
    const start = (slot & (PAGE_SLOTS - 1)) * SLOT_BYTES + byte.proven;
    const { u8 } = this.page(slot);
    for (let i = 0; i < PROVEN_BYTES; i += 1) u8[start + i] = digest.charCodeAt(i);
  }

  /** Nothing is proven of a new secret. */
  setSecret(slot: number, mac: Uint8Array, pepperVersion: number): void {
    const proven = (slot & (PAGE_SLOTS - 1)) * SLOT_BYTES + byte.proven;
    this.page(slot).u8.fill(0, proven, proven + PROVEN_BYTES);
    this.mac(slot).set(mac);
    this.page(slot).u16[((slot & (PAGE_SLOTS - 1)) * SLOT_BYTES + byte.pepperVersion) >>> 1] = pepperVersion;
  }

  double(slot: number, field: SlotDouble): number {
    return this.page(slot).f64[(slot & (PAGE_SLOTS - 1)) * (SLOT_BYTES >>> 3) + double[field]] ?? 0;
  }

  setDouble(slot: number, field: SlotDouble, value: number): void {
    this.page(slot).f64[(slot & (PAGE_SLOTS - 1)) * (SLOT_BYTES >>> 3) + double[field]] = value;
  }

  word(slot: number, field: SlotWord): number {
    return this.page(slot).u32[(slot & (PAGE_SLOTS - 1)) * (SLOT_BYTES >>> 2) + word[field]] ?? 0;
  }

  setWord(slot: number, field: SlotWord, value: number): void {
    this.page(slot).u32[(slot & (PAGE_SLOTS - 1)) * (SLOT_BYTES >>> 2) + word[field]] = value;
  }

  /** Copies of the pages, in order, for a snapshot file; without the digests of texts. */
  export(): { pages: Buffer[]; used: number; free: number[] } {
    const pages = this.pages.map(({ u8 }) => Buffer.from(u8));
    for (const page of pages) {
      for (let at = byte.proven; at < PAGE_BYTES; at += SLOT_BYTES) page.fill(0, at, at + PROVEN_BYTES);
    }
    return { pages, used: this.used, free: [...this.free] };
  }

  /** Into an empty table. Throws a RangeError when the pages do not hold that many slots. */
  import({ pages, used, free }: { pages: readonly Uint8Array[]; used: number; free: readonly number[] }): void {
    if (pages.some(({ length }) => length !== PAGE_BYTES) || used > pages.length * PAGE_SLOTS) {
      throw new RangeError('These are no pages of credentials.');
    }
    this.pages.push(...pages.map((page) => pageOver(Uint8Array.from(page).buffer)));
    this.free.push(...free);
    this.used = used;
  }

  private page(slot: number): Page {
    const page = this.pages[slot >>> PAGE_BITS];
    if (!page) throw new RangeError(`No slot ${slot}`);
    return page;
  }
}

function pageOver(buffer: ArrayBuffer): Page {
  return {
    u8: new Uint8Array(buffer),
    u16: new Uint16Array(buffer),
    u32: new Uint32Array(buffer),
    f64: new Float64Array(buffer),
  };
}
