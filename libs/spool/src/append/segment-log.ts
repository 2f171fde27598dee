import { segmentPath } from '../boots/segment-names.js';
import type { LaneCells, Place } from '../spool-cells.js';
import { SpoolUnwritable } from '../spool-unwritable.js';
import { GroupCommit } from './group-commit.js';
import type { SpoolFiles } from './spool-files.js';

export type SegmentLogOptions = {
  readonly directory: string;
  readonly files: SpoolFiles;
  readonly cells: LaneCells;
  /** A segment is left for the next one when it would grow above this. */
  readonly segmentBytes: number;
  /** Whether so many more bytes may be written. */
  readonly room: (bytes: number) => boolean;
};

export type Written = Place & { readonly file: number };

/** Appends frames to numbered files. One write per frame; a frame is there as a whole or not at all. */
export class SegmentLog {
  private readonly options: SegmentLogOptions;
  private readonly commits: GroupCommit;
  private file: number | undefined;
  private segment = 0;
  private offset = 0;
  private closed = false;
  /** After a failure the file's own position is not to be trusted any more. */
  private positioned = false;

  constructor(options: SegmentLogOptions) {
    this.options = options;
    this.commits = new GroupCommit(options.files, options.directory, () => this.file);
  }

  /** Of the present file. */
  get bytes(): number {
    return this.offset;
  }

  /** @throws SpoolUnwritable; nothing of the frame is left then. */
  write(frame: Buffer, bytes: number): Written {
    if (this.closed) throw new SpoolUnwritable('closed');
    if (!this.options.room(bytes)) throw new SpoolUnwritable('bound');
    try {
      if (this.offset > 0 && this.offset + bytes > this.options.segmentBytes) this.leave();
      const file = this.file ?? this.begin();
      this.writeWhole(file, frame, bytes);
      const written = { file, segment: this.segment, offset: this.offset };
      this.offset += bytes;
      this.options.cells.addAppended(bytes);
      this.commits.wrote();
      return written;
    } catch (error) {
      this.cutBack();
      throw new SpoolUnwritable('disk', error);
    }
  }

  /** Begins a new file, so that the present one can be removed once it is published. */
  rotate(): void {
    if (this.closed || this.offset === 0) return;
    this.leave();
    try {
      this.begin();
      this.commit();
    } catch {
      // The next write tries again, and says what is wrong.
    }
  }

  /** Lets the publisher read everything written so far. */
  commit(): void {
    if (this.segment > 0) this.options.cells.commit({ segment: this.segment, offset: this.offset });
  }

  durable(): Promise<void> {
    return this.commits.durable();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.leave();
    await this.commits.durable();
  }

  private begin(): number {
    const { files, directory } = this.options;
    const file = files.create(segmentPath(directory, this.segment + 1));
    this.segment += 1;
    this.offset = 0;
    this.positioned = false;
    this.file = file;
    this.commits.created();
    return file;
  }

  /** The next write begins a new file, so that this one can be removed once it is published. */
  private leave(): void {
    if (this.file === undefined) return;
    this.commits.retire(this.file);
    this.file = undefined;
  }

  private writeWhole(file: number, frame: Buffer, bytes: number): void {
    let done = 0;
    while (done < bytes) {
      const written = this.options.files.write(
        file,
        frame,
        done,
        bytes - done,
        this.positioned ? this.offset + done : null,
      );
      if (written === 0) throw new Error('The disk took nothing.');
      done += written;
    }
  }

  private cutBack(): void {
    if (this.file === undefined) return;
    this.positioned = true;
    try {
      this.options.files.truncate(this.file, this.offset);
    } catch {
      // What is left of the frame has no valid checksum: readers skip it. The file is not used again.
      this.leave();
    }
  }
}
