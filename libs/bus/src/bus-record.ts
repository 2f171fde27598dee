/** A place in a topic. */
export type TopicPartition = { readonly topic: string; readonly partition: number };

/** One record to send. Without `partition` the key decides it (murmur2, as every Kafka client does). */
export type OutgoingRecord = {
  readonly topic: string;
  readonly key: string | Buffer | null;
  /** `null` is a tombstone. At most {@link RECORD_BYTES_MAX} bytes. */
  readonly value: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  readonly partition?: number;
};

/** One record as it was read. A repeated header keeps its last value. */
export type BusRecord = TopicPartition & {
  readonly offset: bigint;
  /** What the topic is configured for: producer's or broker's append time, in ms since 1970. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
};

/** What the broker acknowledged: `count` records from `baseOffset` on, in the order they were given. */
export type PublishedRange = TopicPartition & { readonly baseOffset: bigint; readonly count: number };

/** The broker's own default for `message.max.bytes` is 1 MiB; headers and framing need the difference. */
export const RECORD_BYTES_MAX = 900 * 1024;
