import { FLAG_COUNTED, type Frame } from '../frame.js';

/** Largest Kafka record that is made of more than one decision. */
export const BATCH_BYTES_MAX = 512 * 1024;

/** The value of one Kafka record, in pieces that follow each other. They are good until the next round is read. */
export type Batch = { readonly partition: number; readonly value: readonly Buffer[] };

/** Where batches go. Resolves when the broker has all of them; they are sent again, in the same order, when it rejects. */
export type BatchSink = {
  send(batches: readonly Batch[]): Promise<void>;
  close(): Promise<void>;
};

const BEGIN = Buffer.from('{"records":[');
const COMMA = Buffer.from(',');
const END = Buffer.from(']}');

/**
 * Packs frames into batches of one partition and at most `recordsMax` each, in order per partition, without reading or
 * copying their JSON.
 */
export function batchesOf(frames: readonly Frame[], recordsMax: number): Batch[] {
  const byPartition = new Map<number, Frame[]>();
  for (const frame of frames) {
    const list = byPartition.get(frame.partition);
    if (list) list.push(frame);
    else byPartition.set(frame.partition, [frame]);
  }
  return [...byPartition].flatMap(([partition, list]) =>
    packed(list, recordsMax).map((value) => ({ partition, value })),
  );
}

function packed(frames: readonly Frame[], recordsMax: number): Buffer[][] {
  const values: Buffer[][] = [];
  let parts: Buffer[] = [];
  let bytes = 0;
  let records = 0;
  const finish = () => {
    if (records > 0) values.push([BEGIN, ...parts, END]);
    parts = [];
    bytes = 0;
    records = 0;
  };
  for (const frame of frames) {
    if (records >= recordsMax || (records > 0 && bytes + frame.bytes > BATCH_BYTES_MAX)) finish();
    if (records > 0) parts.push(COMMA);
    parts.push(...jsonOf(frame));
    bytes += frame.bytes;
    records += 1;
  }
  finish();
  return values;
}

function jsonOf({ flags, payload, count }: Frame): Buffer[] {
  if ((flags & FLAG_COUNTED) === 0) return [payload];
  return [Buffer.from(`{"count":${count},`), payload.subarray(1)];
}
