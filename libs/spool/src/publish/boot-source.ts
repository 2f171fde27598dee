import { statSync, unlinkSync } from 'node:fs';
import { segmentPath } from '../boots/segment-names.js';
import { HURRY_BYTES, type LaneCells, type Place } from '../spool-cells.js';
import { LaneReader, segmentsOf, type FrameAt } from './lane-reader.js';
import { OpenCalls } from './open-calls.js';
import { ProgressFile } from './progress-file.js';

const START: Place = { segment: 0, offset: 0 };
/** How much is read at once while looking through a boot. */
const SCAN_BYTES = 1024 * 1024;

/** One boot as the publisher sees it: what to send next, how far it is acknowledged, which calls are open. */
export class BootSource {
  readonly directory: string;
  readonly name: string;
  readonly calls: OpenCalls;
  private readonly cells: LaneCells | undefined;
  private readonly progress: ProgressFile;
  private readonly reader: LaneReader;
  private acked: Place;
  /** Segments below this one are gone. */
  private lowest = 0;
  /** Calls whose file is removed are in memory alone. */
  private owesCalls = false;

  /** With `cells` its writer lives; without, the boot is over. */
  constructor(directory: string, name: string, cells?: LaneCells) {
    this.directory = directory;
    this.name = name;
    this.cells = cells;
    this.progress = new ProgressFile(directory);
    this.acked = this.progress.read() ?? START;
    this.calls = new OpenCalls(directory);
    this.calls.restore();
    // Calls opened in what was sent before are still to be known.
    this.scan(START, this.acked, (frame) => this.calls.see(frame));
    this.reader = new LaneReader(directory, this.acked, cells && (() => cells.committed()));
  }

  get isLive(): boolean {
    return this.cells !== undefined;
  }

  get skippedBytes(): number {
    return this.reader.skippedBytes;
  }

  hasMore(): boolean {
    const committed = this.cells?.committed();
    if (!committed) return false;
    const { segment, offset } = this.reader.place;
    return committed.segment > segment || committed.offset > offset;
  }

  /** More waits than is worth waiting any longer. */
  isMuch(): boolean {
    return (this.cells?.unpublishedBytes ?? 0) >= HURRY_BYTES;
  }

  /** Nothing waits, and no call is without its end. */
  isFinished(): boolean {
    return this.isAcked() && !this.hasMore() && this.calls.size === 0;
  }

  /** Everything that was read is with the broker. */
  isAcked(): boolean {
    const { segment, offset } = this.reader.place;
    return this.acked.segment === segment && this.acked.offset === offset;
  }

  read(bytesMax: number): FrameAt[] {
    if (this.owesCalls) this.carryCalls();
    const wasAcked = this.isAcked();
    const frames = this.reader.read(bytesMax);
    // Its writer left a file of which everything is with the broker: nothing is waited for to remove it.
    if (frames.length === 0 && wasAcked && !this.isAcked()) this.moveOn();
    return frames;
  }

  /** Everything read so far is with the broker. */
  ack(frames: readonly FrameAt[]): void {
    let bytes = 0;
    for (const frame of frames) {
      bytes += frame.bytes;
      this.calls.see(frame);
    }
    this.cells?.addAcked(frames.length, bytes);
    this.moveOn();
  }

  /** Looks through what is not yet acknowledged of a boot that is over, without moving on. */
  lookAhead(see: (frame: FrameAt) => void): void {
    this.scan(this.acked, undefined, see);
  }

  heldBytes(): number {
    return segmentsOf(this.directory).reduce((sum, segment) => sum + sizeOf(segmentPath(this.directory, segment)), 0);
  }

  close(): void {
    this.reader.close();
    this.progress.close();
  }

  /**
   * Of a boot that is over and whose open calls cannot be closed for want of room: gives all of its own back. Everything of it
   * must be with the broker. The calls stay known, as with {@link carryCalls}.
   */
  empty(): void {
    this.reader.close();
    this.calls.carry(Infinity);
    for (const segment of segmentsOf(this.directory)) unlinkSync(segmentPath(this.directory, segment));
    this.calls.carry(Infinity);
  }

  /**
   * On a full disk calls are carried as soon as there is room again, at the latest with the next look: a process that is
   * killed in between leaves them without an end, which is less than never to write anything again.
   */
  private carryCalls(): void {
    const isCarried = this.calls.carry(this.lowest);
    // A boot that is over is looked at for its open calls once more, and for the ends of others.
    if (this.isLive) this.calls.strangers.clear();
    this.owesCalls = !isCarried;
  }

  private moveOn(): void {
    this.acked = this.reader.place;
    this.progress.write(this.acked);
    this.removeAcked();
  }

  private removeAcked(): void {
    if (this.acked.segment <= this.lowest) return;
    this.lowest = this.acked.segment;
    const done = segmentsOf(this.directory).filter((segment) => segment < this.acked.segment);
    if (done.length === 0) return;
    this.carryCalls();
    for (const segment of done) {
      const path = segmentPath(this.directory, segment);
      const bytes = sizeOf(path);
      unlinkSync(path);
      this.cells?.addFreed(bytes);
    }
  }

  private scan(from: Place, until: Place | undefined, see: (frame: FrameAt) => void): void {
    const reader = new LaneReader(this.directory, from, until && (() => until));
    try {
      for (let frames = reader.read(SCAN_BYTES); frames.length > 0; frames = reader.read(SCAN_BYTES)) {
        frames.forEach(see);
      }
    } finally {
      reader.close();
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
