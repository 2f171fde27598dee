import { renameSync, writeFileSync } from 'node:fs';

/** A reader sees the old content or the new one, never a part. The file is readable by its owner alone. */
export function writeFileAtomically(file: string, content: string): void {
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, content, { mode: 0o600 });
  renameSync(draft, file);
}
