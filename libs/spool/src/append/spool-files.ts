import { closeSync, constants, fdatasync, fsync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What the appending side asks of the file system; a port, so that a full or slow disk can be tried out. */
export type SpoolFiles = {
  /** A new file, for writing; fails if it exists. */
  create(path: string): number;
  /**
   * Answers how much was written, which may be less than asked for. Where the last write ended if `at` is null, which
   * costs two thirds of the other.
   */
  write(file: number, bytes: Buffer, from: number, length: number, at: number | null): number;
  truncate(file: number, bytes: number): void;
  close(file: number): void;
  /** The file's content survives a loss of power once this resolves. */
  sync(file: number): Promise<void>;
  /** The directory's entries do. */
  syncDirectory(path: string): Promise<void>;
};

const sync = promisify(fdatasync);
const syncAll = promisify(fsync);
const NEW_FILE = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;

/** The machine's file system. Files are readable by their owner alone. */
export const systemFiles: SpoolFiles = {
  create: (path) => openSync(path, NEW_FILE, 0o600),
  write: (file, bytes, from, length, at) => writeSync(file, bytes, from, length, at),
  truncate: ftruncateSync,
  close: closeSync,
  sync,
  async syncDirectory(path) {
    const directory = await open(path, 'r');
    try {
      await syncAll(directory.fd);
    } finally {
      await directory.close();
    }
  },
};
