import { crc32c } from './crc32c.js';

/** One record of a batch: without headers, at the batch's own time. */
export type BatchRecord = {
  readonly key: Uint8Array;
  /** Its value in pieces, which are put one behind the other. */
  readonly value: readonly Uint8Array[];
};
export type BatchHead = {
  readonly timestampMs: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Of the first record, for the broker to tell a repetition. */
  readonly firstSequence: number;
};

/**
 * A batch of records, version 2, as brokers store it; big-endian:
 *
 * | at | size | what |
 * | --- | --- | --- |
 * | 0 | 8 | base offset: the broker's |
 * | 8 | 4 | length of what follows |
 * | 12 | 4 | epoch of the leader: the broker's |
 * | 16 | 1 | version |
 * | 17 | 4 | CRC-32C of everything from 21 on |
 * | 21 | 2 | attributes: neither compressed nor of a transaction, times of the producer |
 * | 23 | 4 | offset of the last record |
 * | 27 | 8 + 8 | first and last time, ms since 1970 |
 * | 43 | 8 + 2 + 4 | producer's id, its epoch, sequence number of the first record |
 * | 57 | 4 | number of records |
 * | 61 | … | records |
 */
const BATCH_HEADER_BYTES = 61;
const LENGTH_FROM = 12;
const CHECKED_FROM = 21;
const VERSION = 2;

/** How many bytes `writeBatch` takes for these records. */
export function batchBytes(records: readonly BatchRecord[]): number {
  let bytes = BATCH_HEADER_BYTES;
  for (const [index, record] of records.entries()) {
    const body = bodyBytes(record, index);
    bytes += varintBytes(body) + body;
  }
  return bytes;
}

/** Writes a batch at `at`; answers where it ends. There must be room for `batchBytes`. */
export function writeBatch(target: Buffer, at: number, records: readonly BatchRecord[], head: BatchHead): number {
  const end = writeRecords(target, at + BATCH_HEADER_BYTES, records);
  target.fill(0, at, at + BATCH_HEADER_BYTES);
  target.writeInt32BE(end - at - LENGTH_FROM, at + 8);
  target.writeInt8(VERSION, at + 16);
  target.writeInt32BE(records.length - 1, at + 23);
  const timestamp = BigInt(head.timestampMs);
  target.writeBigInt64BE(timestamp, at + 27);
  target.writeBigInt64BE(timestamp, at + 35);
  target.writeBigInt64BE(head.producerId, at + 43);
  target.writeInt16BE(head.producerEpoch, at + 51);
  target.writeInt32BE(head.firstSequence, at + 53);
  target.writeInt32BE(records.length, at + 57);
  target.writeUInt32BE(crc32c(target, at + CHECKED_FROM, end), at + 17);
  return end;
}

function writeRecords(target: Buffer, from: number, records: readonly BatchRecord[]): number {
  let at = from;
  for (const [index, record] of records.entries()) {
    const { key, value } = record;
    at = writeVarint(target, at, bodyBytes(record, index));
    // Attributes, of which there are none, and how much later than the batch.
    target[at] = 0;
    target[at + 1] = 0;
    at = writeVarint(target, at + 2, index);
    at = writeVarint(target, at, key.length);
    target.set(key, at);
    at = writeVarint(target, at + key.length, valueBytes(record));
    for (const piece of value) {
      target.set(piece, at);
      at += piece.length;
    }
    // No headers.
    target[at] = 0;
    at += 1;
  }
  return at;
}

function bodyBytes(record: BatchRecord, index: number): number {
  const { key } = record;
  const value = valueBytes(record);
  return 3 + varintBytes(index) + varintBytes(key.length) + key.length + varintBytes(value) + value;
}

function valueBytes({ value }: BatchRecord): number {
  let bytes = 0;
  for (const piece of value) bytes += piece.length;
  return bytes;
}

/** Lengths and offsets are written doubled: the lowest bit is the sign. */
function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value * 2; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

function writeVarint(target: Buffer, from: number, value: number): number {
  let at = from;
  let rest = value * 2;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    target[at] = (rest % 0x80) + 0x80;
    at += 1;
  }
  target[at] = rest;
  return at + 1;
}
