import type { OutgoingRecord, PublishedRange, TopicPartition } from './bus-record.js';
import type { CommittedOffset, ConsumeOptions, Consumption } from './consumption.js';
import type { Replay, ReplayOptions } from './replay/replay.js';
import type { EndOffsets, LogEnd, TopicIdentity, TopicSpec } from './topic-spec.js';

/** The log that services talk through; port and DI token. `KafkaBus` in processes, `MemoryBus` in unit specs. */
export abstract class Bus {
  /**
   * Creates what is missing and sets differing configuration; safe to repeat and to race.
   * @throws BusError `bus/partition-mismatch` if a topic has another number of partitions than asked for.
   */
  abstract ensureTopics(specs: readonly TopicSpec[]): Promise<void>;

  /**
   * Appends records, `acks=-1`, idempotently, in the given order per partition; calls made one after the other keep
   * their order too. Resolves after the broker's answer. After a rejection the records may be in the log all the same
   * (publish again: duplicates are possible, loss is not), and every call that queued behind is rejected as well.
   * @throws BusError `bus/overloaded` at once when too much is waiting; `bus/publish-failed` after the time-out or a
   * refusal; `bus/invalid-record`; `bus/closed`.
   */
  abstract publish(records: readonly OutgoingRecord[]): Promise<readonly PublishedRange[]>;

  /** Reads as a member of a group, in batches, with manual commits. Resolves when the reader runs. */
  abstract consume(options: ConsumeOptions): Promise<Consumption>;

  /** Reads everything from a place of one's own. Resolves when the ends to catch up with are known. */
  abstract replay(options: ReplayOptions): Promise<Replay>;

  /** The bounds of every partition, asked now, from the partitions' leaders. */
  abstract endOffsets(topics: readonly string[]): Promise<EndOffsets>;

  /** The ends alone, asked now: one request to each leader, for those who ask each second. */
  abstract logEnds(topics: readonly string[]): Promise<readonly LogEnd[]>;

  /** What a group has committed, asked now; partitions without a commit are absent. */
  abstract committedOffsets(
    group: string,
    topics: readonly string[],
  ): Promise<readonly (TopicPartition & CommittedOffset)[]>;

  /** Which logs the topics are. */
  abstract identify(topics: readonly string[]): Promise<readonly TopicIdentity[]>;

  /** Closes readers, waits for what is being published, at most `timeoutMs` (default 10000); idempotent. */
  abstract close(timeoutMs?: number): Promise<void>;
}
