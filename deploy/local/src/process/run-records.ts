import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from './write-file-atomically.js';
import type { ProcessIdentity } from './process-identity.js';

/** What is known on disk of a running part, so that a later start can end what this one left behind. */
export type RunRecord = ProcessIdentity & {
  readonly part: string;
  /** The launcher that started it; a warden ends only what its own launcher started. */
  readonly launcher: ProcessIdentity;
  readonly stopSignal: NodeJS.Signals;
  /** Lower numbers are ended first; equal ones together. */
  readonly stopOrder: number;
};

/** One small file per running part, in a folder. */
export class RunRecords {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  write(record: RunRecord): void {
    writeFileAtomically(this.file(record.part), JSON.stringify(record));
  }

  remove(part: string): void {
    rmSync(this.file(part), { force: true });
  }

  /** A file that cannot be read is left out: it is one that is just being removed. */
  all(): RunRecord[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => {
        try {
          return [JSON.parse(readFileSync(join(this.folder, name), 'utf8')) as RunRecord];
        } catch {
          return [];
        }
      });
  }

  private file(part: string): string {
    return join(this.folder, `${part}.json`);
  }
}
