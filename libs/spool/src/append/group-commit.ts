import { SpoolUnwritable } from '../spool-unwritable.js';
import type { SpoolFiles } from './spool-files.js';

type Waiter = { resolve: () => void; reject: (error: SpoolUnwritable) => void };

/**
 * One sync for everyone who waits: those who come while one runs share the next. A file that was left is synced once
 * more and closed here, never while a sync of it runs.
 */
export class GroupCommit {
  private readonly files: SpoolFiles;
  private readonly directory: string;
  private readonly current: () => number | undefined;
  private readonly retired: number[] = [];
  private waiters: Waiter[] = [];
  private dirty = false;
  private entriesDirty = false;
  private running = false;

  constructor(files: SpoolFiles, directory: string, current: () => number | undefined) {
    this.files = files;
    this.directory = directory;
    this.current = current;
  }

  wrote(): void {
    this.dirty = true;
  }

  created(): void {
    this.entriesDirty = true;
  }

  retire(file: number): void {
    this.retired.push(file);
    // Failing here reaches whoever waits for `durable`; nobody else was promised anything.
    this.durable().catch(() => undefined);
  }

  /** @throws SpoolUnwritable `disk`: what was written since the last success may not survive a loss of power. */
  durable(): Promise<void> {
    if (!this.dirty && !this.running && this.retired.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject });
      if (!this.running) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiters.length > 0) {
      const waiters = this.waiters;
      this.waiters = [];
      try {
        await this.syncAll();
        for (const { resolve } of waiters) resolve();
      } catch (error) {
        this.dirty = true;
        const unwritable = new SpoolUnwritable('disk', error);
        for (const { reject } of waiters) reject(unwritable);
      }
    }
    this.running = false;
  }

  private async syncAll(): Promise<void> {
    const left = this.retired.splice(0);
    const current = this.current();
    const entries = this.entriesDirty;
    this.dirty = false;
    this.entriesDirty = false;
    const synced = await Promise.allSettled([
      ...left.map((file) => this.files.sync(file)),
      ...(current === undefined ? [] : [this.files.sync(current)]),
      ...(entries ? [this.files.syncDirectory(this.directory)] : []),
    ]);
    for (const file of left) this.files.close(file);
    const failed = synced.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}
