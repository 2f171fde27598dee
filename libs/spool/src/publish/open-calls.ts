import { closeSync, fsyncSync, openSync, readFileSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { segmentPath } from '../boots/segment-names.js';
import { FLAG_CLOSES, FLAG_OPENS, readFrame, sealFrame, FRAME_HEADER_BYTES } from '../frame.js';
import { isDiskFull } from './disk-full.js';
import type { FrameAt } from './lane-reader.js';

const FILE = 'open-calls';
const ID = Buffer.from('"decision_id":"');
const ID_CHARS = 36;

/** Where a call's decision stands, or, once its file is removed, the decision itself. */
type OpenCall = Pick<FrameAt, 'partition' | 'segment' | 'next' | 'bytes'> & { readonly carried?: Buffer };
/** A call's decision as it was written, and the partition of its tenant. */
type Decision = { readonly payload: Buffer; readonly partition: number };

/**
 * The allowed calls of a boot that have no end yet. As many as there are calls in flight; those whose segment is
 * removed are carried in a file of their own, so that recovery knows them.
 */
export class OpenCalls {
  private readonly directory: string;
  private readonly calls = new Map<string, OpenCall>();
  /** Ends whose beginning is of another boot. */
  readonly strangers = new Set<string>();

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Keeps no part of the frame: most calls end soon, and of those that do not the file is there. */
  see({ flags, payload, partition, segment, next, bytes }: FrameAt): void {
    if ((flags & (FLAG_OPENS | FLAG_CLOSES)) === 0) return;
    const id = decisionIdOf(payload);
    if (id === undefined) return;
    if (flags & FLAG_OPENS) this.calls.set(id, { partition, segment, next, bytes });
    else if (!this.calls.delete(id)) this.strangers.add(id);
  }

  get size(): number {
    return this.calls.size;
  }

  /** The decisions of open calls, by id. */
  *list(): Iterable<readonly [id: string, decision: Decision]> {
    for (const [id, call] of this.calls) yield [id, { payload: this.payloadOf(call), partition: call.partition }];
  }

  /**
   * Must be done before the segments below `segment` are removed. False where the disk has no room for the file: then the
   * calls are held in memory alone, and nothing is left of a former file, whose calls may have ended in those segments.
   */
  carry(segment: number): boolean {
    for (const [id, call] of this.calls) {
      if (call.segment < segment) this.calls.set(id, { ...call, carried: this.payloadOf(call) });
    }
    const path = join(this.directory, FILE);
    try {
      this.writeCarried(`${path}.new`);
      renameSync(`${path}.new`, path);
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      for (const each of [`${path}.new`, path]) rmSync(each, { force: true });
      return false;
    }
  }

  /** Takes over what was carried; before any frame is seen. */
  restore(): void {
    let bytes: Buffer;
    try {
      bytes = readFileSync(join(this.directory, FILE));
    } catch {
      return;
    }
    for (let at = 0; at < bytes.length;) {
      const frame = readFrame(bytes, at);
      if (typeof frame !== 'object') return;
      const { payload, partition, bytes: taken } = frame;
      at += taken;
      const id = decisionIdOf(payload);
      if (id !== undefined) this.calls.set(id, { partition, segment: 0, next: at, bytes: taken, carried: payload });
    }
  }

  private writeCarried(path: string): void {
    const file = openSync(path, 'w', 0o600);
    try {
      for (const { carried, partition } of this.calls.values()) {
        if (!carried) continue;
        const frame = Buffer.concat([Buffer.alloc(FRAME_HEADER_BYTES), carried]);
        const length = sealFrame(frame, carried.length, { partition, flags: FLAG_OPENS, atMs: 0, count: 1 });
        for (let done = 0; done < length;) done += writeSync(file, frame, done, length - done);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  private payloadOf({ segment, next, bytes, carried }: OpenCall): Buffer {
    if (carried) return carried;
    const payload = Buffer.allocUnsafe(bytes - FRAME_HEADER_BYTES);
    const file = openSync(segmentPath(this.directory, segment), 'r');
    try {
      readSync(file, payload, 0, payload.length, next - payload.length);
    } finally {
      closeSync(file);
    }
    return payload;
  }
}

function decisionIdOf(payload: Buffer): string | undefined {
  const at = payload.indexOf(ID);
  return at === -1 ? undefined : payload.toString('latin1', at + ID.length, at + ID.length + ID_CHARS);
}
