import { crc32 } from 'node:zlib';

/**
 * One record in a segment file, little-endian:
 *
 * | at | size | what |
 * | --- | --- | --- |
 * | 0 | 4 | magic |
 * | 4 | 4 + 4 | count and its complement: rewritten in place while refusals are folded, so outside the checksum |
 * | 12 | 4 | CRC-32 of everything from 16 to the end |
 * | 16 | 4 | length of the payload |
 * | 20 | 2 | partition |
 * | 22 | 2 | flags |
 * | 24 | 8 | when it was appended, ms since 1970 |
 * | 32 | … | payload: the record as JSON, UTF-8 |
 *
 * A payload cannot contain a frame: JSON text has no zero byte, and every header has some.
 */
export const FRAME_HEADER_BYTES = 32;

/** Largest record as JSON. Every field of a decision is bounded; the sum of the bounds is far below. */
export const RECORD_BYTES_MAX = 256 * 1024;

/** An allowed call: it stays open until its end is appended. */
export const FLAG_OPENS = 1;
/** The end of a call. */
export const FLAG_CLOSES = 2;
/** The payload lacks `count`; the header has it. */
export const FLAG_COUNTED = 4;

const MAGIC = Buffer.from('GHS1');
const MAGIC_NUMBER = MAGIC.readUInt32LE();
export const COUNT_AT = 4;
const CHECKED_FROM = 16;

export type FrameHead = {
  readonly partition: number;
  readonly flags: number;
  readonly atMs: number;
  readonly count: number;
};
export type Frame = FrameHead & {
  readonly payload: Buffer;
  /** Header and payload. */
  readonly bytes: number;
};

/** Seals a frame whose payload already stands at `FRAME_HEADER_BYTES`; answers its whole length. */
export function sealFrame(target: Buffer, payloadBytes: number, { partition, flags, atMs, count }: FrameHead): number {
  const bytes = FRAME_HEADER_BYTES + payloadBytes;
  target.writeUInt32LE(MAGIC_NUMBER, 0);
  writeCount(target, count, COUNT_AT);
  target.writeUInt32LE(payloadBytes, 16);
  target.writeUInt16LE(partition, 20);
  target.writeUInt16LE(flags, 22);
  target.writeDoubleLE(atMs, 24);
  target.writeUInt32LE(crc32(target.subarray(CHECKED_FROM, bytes)), 12);
  return bytes;
}

/** Writes a count and its complement: eight bytes, so that one write replaces both. */
export function writeCount(target: Buffer, count: number, at = 0): void {
  target.writeUInt32LE(count >>> 0, at);
  target.writeUInt32LE(~count >>> 0, at + 4);
}

/** The frame at `at`; `short` when the bytes end before it does, `corrupt` when there is none. */
export function readFrame(source: Buffer, at: number): Frame | 'short' | 'corrupt' {
  if (source.length - at < FRAME_HEADER_BYTES) return 'short';
  if (source.readUInt32LE(at) !== MAGIC_NUMBER) return 'corrupt';
  const length = source.readUInt32LE(at + 16);
  if (length === 0 || length > RECORD_BYTES_MAX) return 'corrupt';
  const bytes = FRAME_HEADER_BYTES + length;
  if (source.length - at < bytes) return 'short';
  if (crc32(source.subarray(at + CHECKED_FROM, at + bytes)) !== source.readUInt32LE(at + 12)) return 'corrupt';
  const count = source.readUInt32LE(at + COUNT_AT);
  const whole = ~count >>> 0 === source.readUInt32LE(at + COUNT_AT + 4);
  return {
    payload: source.subarray(at + FRAME_HEADER_BYTES, at + bytes),
    partition: source.readUInt16LE(at + 20),
    flags: source.readUInt16LE(at + 22),
    atMs: source.readDoubleLE(at + 24),
    count: whole ? count : 1,
    bytes,
  };
}

/** Where the next frame may begin after a corrupt place; -1 when the bytes hold none. */
export function nextFrame(source: Buffer, after: number): number {
  return source.indexOf(MAGIC, after + 1);
}
