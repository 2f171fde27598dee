import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';

const BYTES_MAX = 16 * 2 ** 20;

/**
 * A part's log: what the part prints goes straight into the file, so that nothing of it depends on the launcher. Of
 * each log at most two files of about 16 MiB are kept: `<part>.log` and the older `<part>.log.1`.
 */
export class LogFile {
  constructor(readonly path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  }

  /** Opens it for a child's output. The caller closes the descriptor once the child has it. */
  open(): { descriptor: number; close(): void } {
    this.rotate();
    const descriptor = openSync(this.path, 'a', 0o600);
    return { descriptor, close: () => closeSync(descriptor) };
  }

  /** Copies and empties a file that has grown too long: the child holds it open for appending and goes on in it. */
  rotate(bytesMax = BYTES_MAX): void {
    if ((statSync(this.path, { throwIfNoEntry: false })?.size ?? 0) < bytesMax) return;
    copyFileSync(this.path, `${this.path}.1`);
    truncateSync(this.path);
  }

  /** The last lines, for a message about a part that does not start. */
  tail(lines = 15): string {
    try {
      return readFileSync(this.path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } catch {
      return '';
    }
  }
}
