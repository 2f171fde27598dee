import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { FRAME_HEADER_BYTES, nextFrame, readFrame, RECORD_BYTES_MAX, type Frame } from '../frame.js';
import { segmentNumber, segmentPath } from '../boots/segment-names.js';
import type { Place } from '../spool-cells.js';

export type FrameAt = Frame & {
  readonly segment: number;
  /** Where the next frame begins. */
  readonly next: number;
};

/** What is read at once stands in one piece of memory that is used again; it grows to what a round takes. */
const SCRATCH_BYTES = 64 * 1024;

/**
 * Reads a boot's frames in order, up to what its writer has committed, or to the end of a boot that is over. Payloads are
 * good until the next `read`: copy what is to stay.
 */
export class LaneReader {
  private readonly directory: string;
  private readonly committed: (() => Place) | undefined;
  private at: Place;
  private open: { readonly segment: number; readonly file: number } | undefined;
  private scratch = Buffer.alloc(0);
  private scratchUsed = 0;
  /** Bytes that held no whole frame: a torn end, or damage. */
  skippedBytes = 0;

  /** Without `committed` the boot is over: nobody writes to it any more. */
  constructor(directory: string, from: Place, committed?: () => Place) {
    this.directory = directory;
    this.committed = committed;
    this.at = from;
  }

  get place(): Place {
    return this.at;
  }

  /** The next frames, about `bytesMax` of them; none when everything that may be read was. */
  read(bytesMax: number): FrameAt[] {
    const frames: FrameAt[] = [];
    this.scratchUsed = 0;
    let left = Math.max(bytesMax, RECORD_BYTES_MAX + FRAME_HEADER_BYTES);
    while (left > 0 || frames.length === 0) {
      const end = this.endOf(this.at.segment);
      if (this.at.offset >= end.offset) {
        if (end.last || !this.advance()) break;
        continue;
      }
      const chunk = this.chunk(Math.min(left, end.offset - this.at.offset));
      const before = this.at.offset;
      this.parse(chunk, before + chunk.length >= end.offset, frames);
      left -= this.at.offset - before;
      // What is left of the budget is smaller than the next frame.
      if (this.at.offset === before) break;
    }
    return frames;
  }

  close(): void {
    if (this.open) closeSync(this.open.file);
    this.open = undefined;
  }

  private parse(chunk: Buffer, isEnd: boolean, into: FrameAt[]): void {
    const { segment, offset: base } = this.at;
    let at = 0;
    while (at < chunk.length) {
      const frame = readFrame(chunk, at);
      if (typeof frame === 'object') {
        at += frame.bytes;
        into.push(placed(frame, segment, base + at));
        continue;
      }
      if (frame === 'short' && !isEnd) break;
      const next = nextFrame(chunk, at);
      // A magic number may straddle the end of the chunk.
      const to = next !== -1 ? next : isEnd ? chunk.length : Math.max(at + 1, chunk.length - 3);
      this.skippedBytes += to - at;
      at = to;
    }
    this.at = { segment, offset: base + at };
  }

  /** How far a segment may be read now, and whether its writer may still add to it. */
  private endOf(segment: number): { offset: number; last: boolean } {
    const committed = this.committed?.();
    if (committed && segment >= committed.segment) {
      return { offset: segment === committed.segment ? committed.offset : 0, last: true };
    }
    const file = this.fileOf(segment);
    return { offset: file === undefined ? 0 : fstatSync(file).size, last: false };
  }

  /** Goes on to the next segment, if there is one. */
  private advance(): boolean {
    const next = segmentsOf(this.directory).find((number) => number > this.at.segment);
    if (next === undefined) return false;
    // A file that is removed gives its room back only once nobody has it open.
    this.close();
    this.at = { segment: next, offset: 0 };
    return true;
  }

  private chunk(bytes: number): Buffer {
    const file = this.fileOf(this.at.segment);
    if (file === undefined) throw new Error(`Segment ${this.at.segment} of the spool has vanished.`);
    const buffer = this.room(bytes);
    let done = 0;
    while (done < bytes) {
      const read = readSync(file, buffer, done, bytes - done, this.at.offset + done);
      if (read === 0) break;
      done += read;
    }
    return buffer.subarray(0, done);
  }

  /** Of what was given out since `read` began nothing is given out again. */
  private room(bytes: number): Buffer {
    if (this.scratchUsed + bytes > this.scratch.length) {
      this.scratch = Buffer.allocUnsafeSlow(Math.max(SCRATCH_BYTES, bytes, 2 * this.scratch.length));
      this.scratchUsed = 0;
    }
    const from = this.scratchUsed;
    this.scratchUsed += bytes;
    return this.scratch.subarray(from, from + bytes);
  }

  private fileOf(segment: number): number | undefined {
    if (this.open?.segment === segment) return this.open.file;
    this.close();
    try {
      this.open = { segment, file: openSync(segmentPath(this.directory, segment), 'r') };
      return this.open.file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

/** Written out: a spread costs as much as reading the frame. */
function placed({ partition, flags, atMs, count, payload, bytes }: Frame, segment: number, next: number): FrameAt {
  return { partition, flags, atMs, count, payload, bytes, segment, next };
}

/** The numbers of a boot's segment files, in order. */
export function segmentsOf(directory: string): number[] {
  const numbers = readdirSync(directory).map(segmentNumber);
  return numbers.filter((number) => number !== undefined).sort((a, b) => a - b);
}
