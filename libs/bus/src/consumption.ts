import type { BusRecord, TopicPartition } from './bus-record.js';
import type { ReaderHealth, TopicChoice } from './reader-health.js';

/** What a group has committed for a partition: the next offset to read, and the text stored beside it. */
export type CommittedOffset = { readonly offset: bigint; readonly metadata: string | null };

/**
 * A partition that this consumer now owns. `committed` is null if the group never committed there. Delivery begins at
 * `next`: the committed offset, unless the log no longer has it (or never had it: another log), which is reported.
 */
export type AssignedPartition = TopicPartition & {
  readonly committed: CommittedOffset | null;
  readonly next: bigint;
};

/** Records of one partition in offset order, at most `batchMax`. */
export type ConsumedBatch = TopicPartition & {
  /** Never empty. */
  readonly records: readonly BusRecord[];
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  /** The log's end when this batch was fetched. */
  readonly highWatermark: bigint;
  /** Fires when the partition is lost or the consumer closes: what is still unsent must not be sent. */
  readonly signal: AbortSignal;
  /**
   * Commits `nextOffset` (the first offset NOT yet done; may be the unchanged one) with metadata of at most 4 KiB.
   * Resolves only after the broker's answer; rejects with `bus/ownership-lost` if the group has moved on.
   */
  commit(nextOffset: bigint, metadata?: string | null): Promise<void>;
  /** What the broker holds now. */
  committed(): Promise<CommittedOffset | null>;
};

/** How to read a topic as a member of a group. */
export type ConsumeOptions = {
  /** `<app>.<reader>.v<n>`. */
  readonly group: string;
  readonly topics: readonly string[];
  /** Most records per `onBatch`. */
  readonly batchMax: number;
  /** Where to begin if the group never committed. Default `beginning`. */
  readonly from?: 'beginning' | 'end';
  /** Partitions that this consumer no longer owns; called before `onAssigned`. Not called at `close`. */
  readonly onRevoked?: (partitions: readonly TopicPartition[]) => void;
  /**
   * These partitions (again) begin at their committed offset: forget what was buffered for them. Awaited before their
   * first batch. Called at each (re)join with everything owned, and for one partition after its `onBatch` has failed.
   */
  readonly onAssigned?: (partitions: readonly AssignedPartition[]) => void | Promise<void>;
  /**
   * Nothing is committed unless the batch's `commit` is called; records may be held across calls. A rejection is
   * reported and, after a back-off of 100 ms to 10 s, the partition begins again at its committed offset.
   */
  readonly onBatch: (batch: ConsumedBatch) => void | Promise<void>;
  /**
   * What is at the log's end may wait so long for more, counted from the fetch before, ms: fewer and larger batches. What
   * comes after a rest is delivered at once. Default 0.
   */
  readonly gatherMs?: number;
  /** Most bytes of one partition in one fetch. Default 1 MiB. */
  readonly partitionBytesMax?: number;
  /** Partitions handled side by side. Default 1. */
  readonly partitionsConcurrently?: number;
};

/** A running group consumer. It restarts itself after crashes, with back-off, until closed. */
export interface Consumption {
  health(): ReaderHealth;
  pause(topics?: TopicChoice): void;
  resume(topics?: TopicChoice): void;
  /** Waits for the running handler at most `timeoutMs` (default 5000), leaves the group, and is idempotent. */
  close(timeoutMs?: number): Promise<void>;
}
