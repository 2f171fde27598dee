import { KEY_ID_LENGTH, type CredentialSlots } from './credential-slots.js';

const EMPTY = -1;
const REMOVED = -2;

/** From a key's id to its slot: open addressing over an Int32Array that is at most half full. */
export class KeyIndex {
  private cells = new Int32Array(1024).fill(EMPTY);
  private filled = 0;

  constructor(private readonly slots: CredentialSlots) {}

  /** The slot of the id that stands in `text` from `at` on, or -1. Allocates nothing. */
  find(text: string, at: number): number {
    const mask = this.cells.length - 1;
    for (let cell = hashOf(text, at) & mask; ; cell = (cell + 1) & mask) {
      const slot = this.cells[cell] ?? EMPTY;
      if (slot === EMPTY) return -1;
      if (slot !== REMOVED && this.slots.hasId(slot, text, at)) return slot;
    }
  }

  /** The id must not be in the index yet. */
  add(slot: number): void {
    if ((this.filled + 1) * 2 > this.cells.length) this.rebuild();
    this.put(slot);
  }

  remove(slot: number): void {
    const id = this.slots.id(slot);
    const mask = this.cells.length - 1;
    for (let cell = hashOf(id, 0) & mask; this.cells[cell] !== EMPTY; cell = (cell + 1) & mask) {
      if (this.cells[cell] !== slot) continue;
      this.cells[cell] = REMOVED;
      return;
    }
  }

  private put(slot: number): void {
    const mask = this.cells.length - 1;
    let cell = hashOf(this.slots.id(slot), 0) & mask;
    while ((this.cells[cell] ?? EMPTY) >= 0) cell = (cell + 1) & mask;
    if (this.cells[cell] === EMPTY) this.filled += 1;
    this.cells[cell] = slot;
  }

  /** Leaves the removed ones behind; doubles only if the rest needs it. */
  private rebuild(): void {
    const live = this.cells.filter((slot) => slot >= 0);
    const size = live.length * 4 > this.cells.length ? this.cells.length * 2 : this.cells.length;
    this.cells = new Int32Array(size).fill(EMPTY);
    this.filled = 0;
    for (const slot of live) this.put(slot);
  }
}

/** FNV-1a with a final mix: ids are random, but an attacker chooses the ids that are looked up, not those that are held. */
function hashOf(text: string, at: number): number {
  let hash = 0x811c9dc5;
  for (let i = at; i < at + KEY_ID_LENGTH; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 8;
}
