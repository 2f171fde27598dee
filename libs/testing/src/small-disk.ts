import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * Mounts a file system of its own that holds `bytes` (rounded up to pages) and then is full, as a disk is: ENOSPC, parts of
 * writes, and all. Answers its folder; unmounted after the test. Needs root. Where it cannot be mounted it throws, so
 * that what it proves is never passed over.
 */
export function smallDisk(bytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'gatehouse-spec', folder]);
  onTestFinished(() => {
    // Whoever still has a file open keeps it; the folder is free at once.
    execFileSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
