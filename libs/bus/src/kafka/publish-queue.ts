import { BusError } from '../bus-error.js';
import type { OutgoingRecord, PublishedRange, TopicPartition } from '../bus-record.js';

/** Where one record went. */
export type Landed = TopicPartition & { readonly offset: bigint };
/** Sends records in order, all or nothing acknowledged. */
export type Send = (records: readonly OutgoingRecord[]) => Promise<readonly Landed[]>;
export type QueueBounds = {
  readonly queueBytesMax: number;
  readonly sendBytesMax: number;
  readonly sendRecordsMax: number;
};

type Call = {
  readonly landed: Landed[];
  left: number;
  readonly resolve: (landed: readonly Landed[]) => void;
  readonly reject: (error: unknown) => void;
};
type Waiting = { readonly record: OutgoingRecord; readonly bytes: number; readonly call: Call };

/**
 * One request in flight, everything else waits its turn and then leaves together. So order holds across calls, a busy
 * publisher packs large batches without a timer, and an idempotent sequence number never covers two contents.
 */
export class PublishQueue {
  private waiting: Waiting[] = [];
  private queuedBytes = 0;
  private draining: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly send: Send,
    private readonly bounds: QueueBounds,
  ) {}

  async publish(records: readonly OutgoingRecord[], bytesOf: (record: OutgoingRecord) => number) {
    if (records.length === 0) return [];
    if (this.closed) throw new BusError('bus/closed', 'The bus is closed', false);
    const sizes = records.map(bytesOf);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    // A single large call may enter an empty queue: otherwise it could never be sent.
    if (this.queuedBytes > 0 && this.queuedBytes + bytes > this.bounds.queueBytesMax) {
      throw new BusError('bus/overloaded', `${this.queuedBytes} bytes wait to be published`, true);
    }
    const landed = await new Promise<readonly Landed[]>((resolve, reject) => {
      const call: Call = { landed: [], left: records.length, resolve, reject };
      for (const [i, record] of records.entries()) this.waiting.push({ record, bytes: sizes[i] ?? 0, call });
      this.queuedBytes += bytes;
      this.draining ??= this.drain();
    });
    return ranges(landed);
  }

  /** Takes nothing more; resolves when what was taken has been answered. */
  async close(): Promise<void> {
    this.closed = true;
    await this.draining;
  }

  private async drain(): Promise<void> {
    // One turn later, so that calls made together leave together.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const chunk = this.take();
      try {
        const landed = await this.send(chunk.map(({ record }) => record));
        for (const [i, { call }] of chunk.entries()) this.land(call, landed[i]);
      } catch (error) {
        this.rejectAll(chunk, error);
      }
    }
    this.draining = undefined;
  }

  private take(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { bytes: size } of this.waiting) {
      if (count > 0 && (bytes + size > this.bounds.sendBytesMax || count >= this.bounds.sendRecordsMax)) break;
      bytes += size;
      count += 1;
    }
    this.queuedBytes -= bytes;
    return this.waiting.splice(0, count);
  }

  private land(call: Call, landed: Landed | undefined): void {
    if (landed) call.landed.push(landed);
    call.left -= 1;
    if (call.left === 0) call.resolve(call.landed);
  }

  /** What waits behind a failure must not overtake it. */
  private rejectAll(chunk: readonly Waiting[], error: unknown): void {
    const calls = new Set([...chunk, ...this.waiting].map(({ call }) => call));
    this.waiting = [];
    this.queuedBytes = 0;
    for (const call of calls) call.reject(error);
  }
}

function ranges(landed: readonly Landed[]): readonly PublishedRange[] {
  const done: { topic: string; partition: number; baseOffset: bigint; count: number }[] = [];
  const open = new Map<string, (typeof done)[number]>();
  for (const { topic, partition, offset } of landed) {
    const name = `${topic}/${partition}`;
    const last = open.get(name);
    if (last && last.baseOffset + BigInt(last.count) === offset) {
      last.count += 1;
      continue;
    }
    const range = { topic, partition, baseOffset: offset, count: 1 };
    open.set(name, range);
    done.push(range);
  }
  return done;
}
