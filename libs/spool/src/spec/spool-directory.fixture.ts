import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory of its own, removed after the test. */
export function spoolDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-spool-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Every file below, with its size. */
export function filesIn(directory: string): { path: string; bytes: number }[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return { path, bytes: statSync(path).size };
  });
}
