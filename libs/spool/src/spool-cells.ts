/**
 * What the appending thread and the publishing thread tell each other, in shared memory: no message per record. Each
 * cell has one writer. A lane's place is published by an atomic store after its bytes were written.
 */
const REST = 0;
/** Values of `REST`: what the publisher rests in, and so what ends it. */
const AWAKE = 0;
const ASLEEP = 1;
const LINGERING = 2;
/** 1 from `hurry` until a linger was left out for it. */
const HURRIED = 1;
/** So much that waits ends a linger. */
export const HURRY_BYTES = 512 * 1024;
const LANE_INTS = 2;
const FIRST_LANE_INT = 2;
const INTS = 16;
const LANE_FLOATS = 5;
const FIRST_LANE_FLOAT = 4;
const LANES_MAX = 4;
const BYTES = INTS * 4 + (FIRST_LANE_FLOAT + LANES_MAX * LANE_FLOATS) * 8;

export type Place = { readonly segment: number; readonly offset: number };

export class SpoolCells {
  readonly memory: SharedArrayBuffer;
  private readonly ints: Int32Array;
  private readonly floats: Float64Array;

  constructor(memory = new SharedArrayBuffer(BYTES)) {
    this.memory = memory;
    this.ints = new Int32Array(memory, 0, INTS);
    this.floats = new Float64Array(memory, INTS * 4);
  }

  lane(index: number): LaneCells {
    if (index >= LANES_MAX) throw new RangeError('A spool has no lane of this number.');
    const int = FIRST_LANE_INT + index * LANE_INTS;
    return new LaneCells(this, this.ints, int, this.floats, FIRST_LANE_FLOAT + index * LANE_FLOATS);
  }

  /** When the oldest record that is being published was appended; 0 when there is none. */
  get oldestAtMs(): number {
    return this.floats[0] ?? 0;
  }
  set oldestAtMs(value: number) {
    this.floats[0] = value;
  }

  /** Of earlier boots: not yet published records and bytes, and bytes on disk. */
  get earlier(): { records: number; bytes: number; heldBytes: number } {
    return { records: this.floats[1] ?? 0, bytes: this.floats[2] ?? 0, heldBytes: this.floats[3] ?? 0 };
  }
  set earlier({ records, bytes, heldBytes }: { records: number; bytes: number; heldBytes: number }) {
    this.floats.set([records, bytes, heldBytes], 1);
  }

  get earlierHeldBytes(): number {
    return this.floats[3] ?? 0;
  }

  /** Something was appended, after which so much waits. Costs one load while the publisher is at work. */
  appended(waitingBytes: () => number): void {
    const rest = Atomics.load(this.ints, REST);
    if (rest === ASLEEP || (rest === LINGERING && waitingBytes() >= HURRY_BYTES)) this.rouse();
  }

  /** Ends whatever rest the publisher takes, and leaves out its next linger if it takes none. */
  hurry(): void {
    Atomics.store(this.ints, HURRIED, 1);
    this.rouse();
  }

  /** Sleeps until something is appended, at most `timeoutMs`, unless `work` sees something once that is announced. */
  sleep(timeoutMs: number, work: () => boolean): Promise<void> {
    return this.rest(ASLEEP, timeoutMs, work);
  }

  /** Lets more come for `timeoutMs`, unless it is `hurry`, or much has come. */
  linger(timeoutMs: number, work: () => boolean): Promise<void> {
    return this.rest(LINGERING, timeoutMs, () => Atomics.exchange(this.ints, HURRIED, 0) === 1 || work());
  }

  private rouse(): void {
    Atomics.store(this.ints, REST, AWAKE);
    Atomics.notify(this.ints, REST);
  }

  private async rest(kind: number, timeoutMs: number, work: () => boolean): Promise<void> {
    Atomics.store(this.ints, REST, kind);
    if (!work()) {
      const waiting = Atomics.waitAsync(this.ints, REST, kind, timeoutMs);
      if (waiting.async) await waiting.value;
    }
    Atomics.store(this.ints, REST, AWAKE);
  }
}

/** One lane: how far it is written, published and removed. */
export class LaneCells {
  private readonly spool: SpoolCells;
  private readonly ints: Int32Array;
  private readonly int: number;
  private readonly floats: Float64Array;
  private readonly float: number;
  private readonly waiting = () => this.unpublishedBytes;

  constructor(spool: SpoolCells, ints: Int32Array, int: number, floats: Float64Array, float: number) {
    this.spool = spool;
    this.ints = ints;
    this.int = int;
    this.floats = floats;
    this.float = float;
  }

  /** Up to where the publisher may read: by the appending thread, which then wakes it. */
  commit({ segment, offset }: Place): void {
    if (Atomics.load(this.ints, this.int) !== segment) {
      // Never let a reader see the new segment with the old one's offset.
      Atomics.store(this.ints, this.int + 1, 0);
      Atomics.store(this.ints, this.int, segment);
    }
    Atomics.store(this.ints, this.int + 1, offset);
    this.spool.appended(this.waiting);
  }

  committed(): Place {
    for (;;) {
      const segment = Atomics.load(this.ints, this.int);
      const offset = Atomics.load(this.ints, this.int + 1);
      if (Atomics.load(this.ints, this.int) === segment) return { segment, offset };
    }
  }

  get appendedRecords(): number {
    return this.cell(0);
  }
  get appendedBytes(): number {
    return this.cell(1);
  }
  get ackedRecords(): number {
    return this.cell(2);
  }
  get ackedBytes(): number {
    return this.cell(3);
  }
  /** Bytes of removed files. */
  get freedBytes(): number {
    return this.cell(4);
  }

  addAppended(bytes: number): void {
    this.add(0, 1);
    this.add(1, bytes);
  }
  addAcked(records: number, bytes: number): void {
    this.add(2, records);
    this.add(3, bytes);
  }
  addFreed(bytes: number): void {
    this.add(4, bytes);
  }

  get unpublishedRecords(): number {
    return Math.max(0, this.appendedRecords - this.ackedRecords);
  }
  get unpublishedBytes(): number {
    return Math.max(0, this.appendedBytes - this.ackedBytes);
  }
  get heldBytes(): number {
    return Math.max(0, this.appendedBytes - this.freedBytes);
  }

  private cell(index: number): number {
    return this.floats[this.float + index] ?? 0;
  }
  private add(index: number, amount: number): void {
    this.floats[this.float + index] = this.cell(index) + amount;
  }
}
