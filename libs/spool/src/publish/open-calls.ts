import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FLAG_CLOSES, FLAG_OPENS, readFrame, sealFrame, FRAME_HEADER_BYTES, type Frame } from '../frame.js';

const FILE = 'open-calls';
const ID = Buffer.from('"decision_id":"');
const ID_CHARS = 36;

type OpenCall = { readonly segment: number; readonly payload: Buffer };

/**
 * The allowed calls of a boot that have no end yet. As many as there are calls in flight; those whose segment is
 * removed are carried in a file of their own, so that recovery knows them.
 */
export class OpenCalls {
  private readonly calls = new Map<string, OpenCall>();
  /** Ends whose beginning is of another boot. */
  readonly strangers = new Set<string>();

  see(frame: Pick<Frame, 'flags' | 'payload'>, segment: number): void {
    if ((frame.flags & (FLAG_OPENS | FLAG_CLOSES)) === 0) return;
    const id = decisionIdOf(frame.payload);
    if (id === undefined) return;
    if (frame.flags & FLAG_OPENS) {
      // A copy: the payload is a view of a whole chunk, and a call may last for hours.
      this.calls.set(id, { segment, payload: Buffer.from(frame.payload) });
    } else if (!this.calls.delete(id)) {
      this.strangers.add(id);
    }
  }

  list(): ReadonlyMap<string, OpenCall> {
    return this.calls;
  }

  /** Must be done before the segments below `segment` are removed. */
  carry(directory: string, segment: number): void {
    this.strangers.clear();
    const carried = [...this.calls.values()].filter((call) => call.segment < segment);
    const path = join(directory, FILE);
    const file = openSync(`${path}.new`, 'w', 0o600);
    try {
      for (const { payload } of carried) {
        const frame = Buffer.concat([Buffer.alloc(FRAME_HEADER_BYTES), payload]);
        const bytes = sealFrame(frame, payload.length, { partition: 0, flags: FLAG_OPENS, atMs: 0, count: 1 });
        writeSync(file, frame, 0, bytes);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(`${path}.new`, path);
  }

  /** Takes over what was carried; before any frame is seen. */
  restore(directory: string): void {
    let bytes: Buffer;
    try {
      bytes = readFileSync(join(directory, FILE));
    } catch {
      return;
    }
    for (let at = 0; at < bytes.length;) {
      const frame = readFrame(bytes, at);
      if (typeof frame !== 'object') return;
      this.see(frame, 0);
      at += frame.bytes;
    }
  }
}

function decisionIdOf(payload: Buffer): string | undefined {
  const at = payload.indexOf(ID);
  return at === -1 ? undefined : payload.toString('latin1', at + ID.length, at + ID.length + ID_CHARS);
}
