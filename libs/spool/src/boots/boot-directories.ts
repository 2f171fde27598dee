import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, ownProcess } from './process-identity.js';

const OWNER = 'owner.';
const NOBODY = `${OWNER}0.0.closed`;
const UNFINISHED = '.new-';

/** A name that sorts by time and is never used again. */
export function newBootName(nowMs: number): string {
  return `${Math.max(0, Math.trunc(nowMs)).toString(36).padStart(9, '0')}${randomBytes(4).toString('hex')}`;
}

/**
 * One directory per boot, in the spool's directory. A boot belongs to one spool of one process, named by a file in it;
 * taking over the boot of a dead process is a rename of that file, which succeeds for one of many.
 */
export class BootDirectories {
  readonly directory: string;
  private readonly owner: string;

  /** `spool` tells the spools of one process apart. */
  constructor(directory: string, spool: string) {
    this.directory = directory;
    this.owner = `${OWNER}${ownProcess()}.${spool}`;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  pathOf(boot: string): string {
    return join(this.directory, boot);
  }

  /** Makes a boot that is this spool's own from the moment it can be seen. */
  create(boot: string): string {
    const unfinished = join(this.directory, `${UNFINISHED}${boot}`);
    mkdirSync(unfinished, { mode: 0o700 });
    writeFileSync(join(unfinished, this.owner), '', { mode: 0o600 });
    renameSync(unfinished, this.pathOf(boot));
    return this.pathOf(boot);
  }

  /** Boots left by dead processes, taken over, and boots taken over before; `live` ones excepted. Oldest first. */
  claim(live: readonly string[]): string[] {
    const names = readdirSync(this.directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return names
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('.') && !live.includes(name) && this.take(name))
      .sort();
  }

  /** Leaves a boot to the next start: its records are not all published. */
  release(boot: string): void {
    try {
      renameSync(join(this.pathOf(boot), this.owner), join(this.pathOf(boot), NOBODY));
    } catch {
      // Gone, or another's: nothing to leave.
    }
  }

  /** Leaves everything that is still this spool's own. */
  releaseAll(): void {
    for (const name of readdirSync(this.directory)) if (!name.startsWith('.')) this.release(name);
  }

  remove(boot: string): void {
    rmSync(this.pathOf(boot), { recursive: true, force: true });
  }

  private take(boot: string): boolean {
    try {
      const owner = readdirSync(this.pathOf(boot)).find((name) => name.startsWith(OWNER));
      if (owner === undefined) return false;
      if (owner === this.owner) return true;
      if (isRunning(owner.slice(OWNER.length))) return false;
      renameSync(join(this.pathOf(boot), owner), join(this.pathOf(boot), this.owner));
      return true;
    } catch {
      // Another spool was faster, or has removed it.
      return false;
    }
  }
}
