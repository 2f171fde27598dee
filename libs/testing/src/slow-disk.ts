import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Longest that a disk may stand still, s: whatever happens to the spec, nothing waits for it any longer. */
const STALL_SECONDS_MAX = 20;

/** A file system of its own that stands still when it is told to, as a disk does that is about to fail. */
export type SlowDisk = {
  readonly folder: string;
  /**
   * Nothing is written for so long: whoever writes waits in the kernel, and its thread with it. Resolves when the disk goes
   * on. A process of its own lets go of it: the caller's thread may be one of those that wait.
   */
  stall(seconds: number): Promise<void>;
};

/**
 * An ext4 of `bytes` (a few MiB at least) in a file, mounted by a loop device; unmounted after the test. Needs root. Where
 * it cannot be mounted it throws, so that what it proves is never passed over.
 */
export function slowDisk(bytes: number): SlowDisk {
  const place = mkdtempSync(join(tmpdir(), 'gatehouse-slow-'));
  const image = join(place, 'image');
  const folder = join(place, 'disk');
  const file = openSync(image, 'w');
  ftruncateSync(file, bytes);
  closeSync(file);
  execFileSync('mkfs.ext4', ['-q', '-F', '-E', 'root_owner=0:0', image]);
  execFileSync('mkdir', [folder]);
  execFileSync('mount', ['-o', 'loop', image, folder]);
  onTestFinished(() => {
    thaw(folder);
    // Whoever still has a file open keeps it; the folder is free at once.
    execFileSync('umount', ['--lazy', folder]);
    rmSync(place, { recursive: true, force: true });
  });
  return { folder, stall: (seconds) => stall(folder, seconds) };
}

async function stall(folder: string, seconds: number): Promise<void> {
  if (seconds > STALL_SECONDS_MAX) throw new RangeError(`A disk stands still for ${STALL_SECONDS_MAX} s at most.`);
  // In a session of its own: it goes on when the spec is ended, and the disk must not stay as it is.
  const script = 'fsfreeze -f "$1" && trap "fsfreeze -u \\"$1\\"" EXIT INT TERM HUP && sleep "$2"';
  const keeper = spawn('sh', ['-c', script, 'sh', folder, String(seconds)], { detached: true, stdio: 'ignore' });
  const [code] = (await once(keeper, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`The disk could not be made to stand still: ${code}`);
}

function thaw(folder: string): void {
  try {
    execFileSync('fsfreeze', ['-u', folder], { stdio: 'ignore' });
  } catch {
    // It goes already.
  }
}
