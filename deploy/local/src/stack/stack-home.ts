import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { identify, isAlive, type ProcessIdentity } from '../process/process-identity.js';
import { reap } from '../process/reap.js';
import { RunRecords } from '../process/run-records.js';

const GRACE_MS = 10_000;

/** The home belongs to a launcher that is alive. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning';

  constructor(folder: string, pid: number) {
    super(
      `A stack already runs in ${folder} (process ${pid}). ` +
        'Stop it, or give the second one its own GATEHOUSE_HOME and GATEHOUSE_PORT_BASE.',
    );
  }
}

/** The folder that one stack keeps everything in, and the right to use it. */
export class StackHome {
  readonly folder: string;
  readonly records: RunRecords;
  readonly launcher: ProcessIdentity;

  constructor(folder: string) {
    this.folder = resolve(folder);
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    if (process.getuid?.() !== 0) chmodSync(this.folder, 0o700);
    this.records = new RunRecords(this.path('run'));
    const launcher = identify(process.pid);
    if (!launcher) throw new Error('This system does not tell when a process was started.');
    this.launcher = launcher;
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /**
   * Takes the home for this process, and ends what an earlier launcher that was killed has left running. Answers the
   * names of those parts. Throws AlreadyRunning.
   */
  async take(): Promise<string[]> {
    const holder = this.holder();
    if (holder && isAlive(holder)) throw new AlreadyRunning(this.folder, holder.pid);
    rmSync(this.lock, { force: true });
    try {
      writeFileSync(this.lock, JSON.stringify(this.launcher), { flag: 'wx', mode: 0o600 });
    } catch (error) {
      // Another start was quicker by a moment.
      throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? new AlreadyRunning(this.folder, 0) : error;
    }
    const left = this.records.all();
    const ended = await reap(left, GRACE_MS);
    for (const { part } of left) this.records.remove(part);
    return ended;
  }

  release(): void {
    if (this.holder()?.started === this.launcher.started) rmSync(this.lock, { force: true });
  }

  private get lock(): string {
    return this.path('run', 'launcher');
  }

  private holder(): ProcessIdentity | undefined {
    try {
      return JSON.parse(readFileSync(this.lock, 'utf8')) as ProcessIdentity;
    } catch {
      return undefined;
    }
  }
}
