import { batchBytes, writeBatch, type BatchHead, type BatchRecord } from './record-batch.js';
import { PARTITION_HEADER_BYTES, writePartitionHeader } from './produce-request.js';

/** A record and where it goes. */
export type PlacedRecord = BatchRecord & { readonly partition: number };
/** The batch of one partition as it is sent, behind its partition's header. */
export type EncodedBatch = { readonly partition: number; readonly count: number; readonly bytes: Buffer };

/** Most that one request carries; a batch must stay below the topic's `max.message.bytes`, by default 1 MiB. */
export const REQUEST_BYTES_MAX = 900 * 1024;
/** Grown to what was needed so far. */
const MEMORY_BYTES = { first: 64 * 1024, max: 1024 * 1024 };

/** Records in order, as many together as one request takes. @throws RangeError for one that none takes */
export function requestsOf<Placed extends PlacedRecord>(records: readonly Placed[]): Placed[][] {
  const requests: Placed[][] = [];
  let bytes = Infinity;
  for (const record of records) {
    const size = PARTITION_HEADER_BYTES + batchBytes([record]);
    if (size > REQUEST_BYTES_MAX) throw new RangeError(`A record of ${size} bytes is more than a request takes.`);
    if (bytes + size > REQUEST_BYTES_MAX) {
      requests.push([]);
      bytes = 0;
    }
    bytes += size;
    requests.at(-1)?.push(record);
  }
  return requests;
}

/** Memory that the batches of one request stand in, used again for the next one. */
export class BatchMemory {
  private memory = Buffer.alloc(0);

  /** One batch for each partition. They are good until the next call. */
  encode(records: readonly PlacedRecord[], headOf: (partition: number) => BatchHead): EncodedBatch[] {
    const parts = [...Map.groupBy(records, ({ partition }) => partition)].map(([partition, list]) => {
      return { partition, list, bytes: batchBytes(list) };
    });
    this.reserve(parts.reduce((sum, { bytes }) => sum + PARTITION_HEADER_BYTES + bytes, 0));
    const { memory } = this;
    let at = 0;
    return parts.map(({ partition, list, bytes }) => {
      const from = at;
      writePartitionHeader(memory, from, partition, bytes);
      at = writeBatch(memory, from + PARTITION_HEADER_BYTES, list, headOf(partition));
      return { partition, count: list.length, bytes: memory.subarray(from, at) };
    });
  }

  /** Leaves what was given out to whoever may still read it. */
  leave(): void {
    this.memory = Buffer.alloc(0);
  }

  private reserve(bytes: number): void {
    if (bytes <= this.memory.length) return;
    if (bytes > MEMORY_BYTES.max) throw new RangeError('More than one request takes.');
    let size = MEMORY_BYTES.first;
    while (size < bytes) size *= 2;
    this.memory = Buffer.allocUnsafeSlow(size);
  }
}
