import { BootSource } from './boot-source.js';
import { isDiskFull } from './disk-full.js';
import type { FrameAt } from './lane-reader.js';
import type { PublisherOptions } from './publisher-options.js';
import { closeOpenCalls, markRecovered, type Closed } from './recovery.js';

/** After a failed recovery, as on a full disk. */
const RECOVERY_AGAIN_MS = 5000;

/**
 * Boots that are over: their open calls are closed first, then they are published and removed, oldest first. Where the disk
 * has no room for the ends, it is they that fill it: they are published first, and the room that this makes is used.
 */
export class EarlierBoots {
  private readonly options: PublisherOptions;
  private waiting: BootSource[];
  private recovered = false;
  /** Their ends are written, and not yet marked as that. */
  private closed: Closed | undefined;
  private needsRoom = false;
  /** Published to make room, and nothing of them left but their open calls. */
  private readonly emptied = new Set<BootSource>();
  private againAtMs = 0;
  private records = 0;
  private bytes = 0;

  constructor(options: PublisherOptions) {
    this.options = options;
    this.waiting = options.earlier.map((name) => new BootSource(options.boots.pathOf(name), name));
    this.count(this.waiting);
    this.tell();
  }

  isDone(): boolean {
    return this.next().length === 0;
  }

  /** Once; after a failure again some seconds later. Nothing of an earlier boot is sent or removed before, but to make room. */
  async recover(): Promise<void> {
    if (this.recovered || performance.now() < this.againAtMs) return;
    const { boots, log } = this.options;
    try {
      this.closed ??= await closeOpenCalls(this.waiting, this.options);
      const { boot, calls, directories } = this.closed;
      markRecovered(directories);
      this.recovered = true;
      if (boot === undefined) return this.tell();
      log('warn', { calls }, 'calls without an end were closed as interrupted');
      const source = new BootSource(boots.pathOf(boot), boot);
      this.count([source]);
      this.waiting.push(source);
      this.tell();
    } catch (error) {
      this.againAtMs = performance.now() + RECOVERY_AGAIN_MS;
      this.needsRoom = isDiskFull(error);
      log('error', { err: error }, 'earlier decision records cannot be recovered yet');
    }
  }

  /** The boot to send from now: at most one. */
  next(): readonly BootSource[] {
    if (this.recovered) return this.waiting.slice(0, 1);
    return this.needsRoom ? this.waiting.filter((source) => !this.emptied.has(source)).slice(0, 1) : [];
  }

  acked(frames: readonly FrameAt[]): void {
    this.records -= frames.length;
    for (const frame of frames) this.bytes -= frame.bytes;
    this.tell();
  }

  /** Everything of it is acknowledged. */
  finish(source: BootSource): void {
    if (!this.recovered) return this.empty(source);
    const { boots, log } = this.options;
    this.waiting = this.waiting.filter((each) => each !== source);
    if (source.skippedBytes > 0) {
      log('warn', { boot: source.name, bytes: source.skippedBytes }, 'damaged bytes of the spool were left out');
    }
    source.close();
    boots.remove(source.name);
    this.tell();
  }

  /** What is done by now is removed; the rest is left to the next start. */
  close(): void {
    // `finish` replaces the list and does not change the one that is gone through.
    for (const source of this.waiting) {
      if (this.recovered && source.isAcked() && source.read(1).length === 0) this.finish(source);
      else source.close();
    }
  }

  private empty(source: BootSource): void {
    source.empty();
    this.emptied.add(source);
    this.againAtMs = 0;
    this.tell();
  }

  private count(sources: readonly BootSource[]): void {
    for (const source of sources) {
      source.lookAhead((frame) => {
        this.records += 1;
        this.bytes += frame.bytes;
      });
    }
  }

  private tell(): void {
    const heldBytes = this.waiting.reduce((sum, source) => sum + source.heldBytes(), 0);
    // Calls that are still to be closed will become records.
    const coming = this.recovered || this.waiting.length === 0 ? 0 : 1;
    this.options.cells.earlier = { records: this.records + coming, bytes: this.bytes, heldBytes };
  }
}
