import { BootSource } from './boot-source.js';
import type { FrameAt } from './lane-reader.js';
import type { PublisherOptions } from './publisher-options.js';
import { closeOpenCalls } from './recovery.js';

/** After a failed recovery, as on a full disk. */
const RECOVERY_AGAIN_MS = 5000;

/** Boots that are over: their open calls are closed first, then they are published and removed, oldest first. */
export class EarlierBoots {
  private readonly options: PublisherOptions;
  private waiting: BootSource[];
  private recovered = false;
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
    return this.waiting.length === 0 || !this.recovered;
  }

  /** Once; after a failure again some seconds later. Nothing of an earlier boot is sent or removed before. */
  async recover(): Promise<void> {
    if (this.recovered || performance.now() < this.againAtMs) return;
    const { boots, log } = this.options;
    try {
      const { boot, calls } = await closeOpenCalls(this.waiting, this.options);
      this.recovered = true;
      if (boot === undefined) return this.tell();
      log('warn', { calls }, 'calls without an end were closed as interrupted');
      const source = new BootSource(boots.pathOf(boot), boot);
      this.count([source]);
      this.waiting.push(source);
      this.tell();
    } catch (error) {
      this.againAtMs = performance.now() + RECOVERY_AGAIN_MS;
      log('error', { err: error }, 'earlier decision records cannot be recovered yet');
    }
  }

  /** The boot to send from now: at most one. */
  next(): readonly BootSource[] {
    return this.recovered ? this.waiting.slice(0, 1) : [];
  }

  acked(frames: readonly FrameAt[]): void {
    this.records -= frames.length;
    for (const frame of frames) this.bytes -= frame.bytes;
    this.tell();
  }

  /** Everything of it is acknowledged. */
  finish(source: BootSource): void {
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
