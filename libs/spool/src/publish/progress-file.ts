import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Place } from '../spool-cells.js';
import { isDiskFull } from './disk-full.js';

const BYTES = 16;

/**
 * How far a boot is acknowledged. It only saves sending again: a lost or torn one means duplicates, so it is never
 * synced, and where the disk has no room for it, it stays as it is.
 */
export class ProgressFile {
  private readonly path: string;
  private file: number | undefined;
  private readonly scratch = Buffer.alloc(BYTES);

  constructor(directory: string) {
    this.path = join(directory, 'progress');
  }

  read(): Place | undefined {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.path);
    } catch {
      return undefined;
    }
    if (bytes.length !== BYTES || crc32(bytes.subarray(0, 12)) !== bytes.readUInt32LE(12)) return undefined;
    return { segment: bytes.readUInt32LE(0), offset: Number(bytes.readBigUInt64LE(4)) };
  }

  write({ segment, offset }: Place): void {
    this.scratch.writeUInt32LE(segment, 0);
    this.scratch.writeBigUInt64LE(BigInt(offset), 4);
    this.scratch.writeUInt32LE(crc32(this.scratch.subarray(0, 12)), 12);
    try {
      this.file ??= openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o600);
      writeSync(this.file, this.scratch, 0, BYTES, 0);
    } catch (error) {
      // What is acknowledged must be removed all the same, or a full disk would stay full.
      if (!isDiskFull(error)) throw error;
    }
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}
