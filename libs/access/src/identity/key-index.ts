import { KEY_ID_LENGTH, type CredentialSlots } from './credential-slots.js';
import type { TellNews } from './credential-news.js';

const EMPTY = -1;
const REMOVED = -2;
const CELLS_MIN = 1_024;
const HASH_START = 0x811c9dc5;

/**
 * From a key's id to its slot: open addressing over cells that are at most half full, in memory that all threads share.
 * One thread writes. A cell changes in one store, and an id that stays is never moved within the same cells, so others may
 * search meanwhile; where too much is filled, all goes into new cells, which are in force once `control` names them.
 */
export class KeyIndex {
  private readonly current: Int32Array;
  private cells: Int32Array;
  private number: number;
  private filled = 0;

  /** `missing` is called where cells are in force that were not given to this thread yet, and gives them. */
  constructor(
    private readonly slots: Pick<CredentialSlots, 'hasId' | 'idWord'>,
    private readonly tell: TellNews,
    private readonly missing: () => void,
    shared?: { control: SharedArrayBuffer; cells: SharedArrayBuffer; cellsNumber: number },
  ) {
    this.current = new Int32Array(shared?.control ?? new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    this.cells = shared ? new Int32Array(shared.cells) : emptyCells(CELLS_MIN);
    this.number = shared?.cellsNumber ?? 0;
  }

  /** The slot of the id that stands in `text` from `at` on, or -1. Allocates nothing. */
  find(text: string, at: number): number {
    if (Atomics.load(this.current, 0) !== this.number) this.missing();
    const { cells } = this;
    const mask = cells.length - 1;
    for (let cell = hashOf(text, at) & mask; ; cell = (cell + 1) & mask) {
      const slot = Atomics.load(cells, cell);
      if (slot === EMPTY) return -1;
      if (slot !== REMOVED && this.slots.hasId(slot, text, at)) return slot;
    }
  }

  /** The id must not be in the index yet, and its slot be written. */
  add(slot: number): void {
    if ((this.filled + 1) * 2 > this.cells.length) this.rebuild(this.cells.length);
    if (this.put(this.cells, slot)) this.filled += 1;
  }

  /** Makes room for as many as that to be added, at once instead of by doubling. */
  reserve(count: number): void {
    const room = (this.filled + count) * 2;
    if (room > this.cells.length) this.rebuild(2 ** Math.ceil(Math.log2(room)));
  }

  remove(slot: number): void {
    const mask = this.cells.length - 1;
    for (let cell = this.hashAt(slot) & mask; this.cells[cell] !== EMPTY; cell = (cell + 1) & mask) {
      if (this.cells[cell] !== slot) continue;
      Atomics.store(this.cells, cell, REMOVED);
      return;
    }
  }

  /** For a thread that reads. */
  adopt(cells: SharedArrayBuffer, number: number): void {
    this.cells = new Int32Array(cells);
    this.number = number;
  }

  shared(): { control: SharedArrayBuffer; cells: SharedArrayBuffer; cellsNumber: number } {
    const [control, cells] = [this.current.buffer, this.cells.buffer] as unknown as SharedArrayBuffer[];
    if (!control || !cells) throw new TypeError('The index is not in shared memory.');
    return { control, cells, cellsNumber: this.number };
  }

  /** Leaves the removed ones behind; doubles only if the rest needs it. Others go on in the old cells meanwhile. */
  private rebuild(countMin: number): void {
    const live = this.cells.filter((slot) => slot >= 0);
    const cells = emptyCells(live.length * 4 > countMin ? countMin * 2 : countMin);
    for (const slot of live) this.put(cells, slot);
    const number = this.number + 1;
    this.tell({ kind: 'cells', cells: cells.buffer as unknown as SharedArrayBuffer, number });
    this.cells = cells;
    this.number = number;
    this.filled = live.length;
    Atomics.store(this.current, 0, number);
  }

  /** True where the cell had never been filled. */
  private put(cells: Int32Array, slot: number): boolean {
    const mask = cells.length - 1;
    let cell = this.hashAt(slot) & mask;
    while ((cells[cell] ?? EMPTY) >= 0) cell = (cell + 1) & mask;
    const isNew = cells[cell] === EMPTY;
    Atomics.store(cells, cell, slot);
    return isNew;
  }

  /** As `hashOf` its id, which is not made a text for it: at a start that would be most of what a million keys cost. */
  private hashAt(slot: number): number {
    let hash = HASH_START;
    for (let i = 0; i < KEY_ID_LENGTH / 4; i += 1) {
      const four = this.slots.idWord(slot, i);
      for (let bits = 0; bits < 32; bits += 8) hash = hashed(hash, (four >>> bits) & 0xff);
    }
    return mixed(hash);
  }
}

function emptyCells(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT)).fill(EMPTY);
}

/** FNV-1a with a final mix: ids are random, but an attacker chooses the ids that are looked up, not those that are held. */
function hashOf(text: string, at: number): number {
  let hash = HASH_START;
  for (let i = at; i < at + KEY_ID_LENGTH; i += 1) hash = hashed(hash, text.charCodeAt(i));
  return mixed(hash);
}

const hashed = (hash: number, character: number) => Math.imul(hash ^ character, 0x01000193);
const mixed = (hash: number) => Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 8;
