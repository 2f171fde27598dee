import type { BusRecord, TopicPartition } from '../bus-record.js';
import type { ReaderHealth, TopicChoice } from '../reader-health.js';
import type { LogBounds } from '../topic-spec.js';

/** The next offset that a reader wants from a partition. */
export type ReadPosition = TopicPartition & { readonly next: bigint };

/**
 * What went wrong with a log. After `end-moved-back` and `another-incarnation` nothing more of that topic is delivered:
 * what was applied so far is not what the log says. `records-lost`: retention passed the reader; it goes on after the
 * gap. `restarted`: the reader crashed or its loop stood still; it goes on where it was.
 */
export type ReplayIncident = {
  readonly kind: 'end-moved-back' | 'another-incarnation' | 'records-lost' | 'restarted' | 'handler-failed';
  /** Null where the whole reader is meant. */
  readonly topic: string | null;
  readonly detail: string;
};

/** How to read topics from a place of one's own, committing nothing. */
export type ReplayOptions = {
  /** Names this reader; the consumer group gets a random part besides, so that each replica reads everything. */
  readonly reader: string;
  readonly topics: readonly string[];
  /** Positions not named begin at the beginning. */
  readonly from?: 'beginning' | readonly ReadPosition[];
  /**
   * Refuses logs other than these (of a snapshot file): reported as `another-incarnation`, nothing is delivered.
   * Absent: whichever is found at the start is the one to stay.
   */
  readonly identities?: readonly { readonly topic: string; readonly topicId: string }[];
  /**
   * Records of one partition, in offset order, each exactly once (never below the position, also after a rejoin).
   * `end` is the log's end when they were fetched. A rejection is reported and the same records come again, with
   * back-off; the position stays.
   */
  readonly onRecords: (records: readonly BusRecord[], end: bigint) => void | Promise<void>;
  readonly onIncident?: (incident: ReplayIncident) => void;
  /** Most records per call. Default 1000. */
  readonly batchMax?: number;
  /** Longest wait of one fetch, ms; what arrives is delivered at once all the same. Default 5000. */
  readonly maxWaitMs?: number;
  /**
   * What records in a stream of others may wait to be fetched together, ms; see `Gathering`. What comes alone never waits.
   * Default 0.
   */
  readonly gatherMs?: number;
};

/** A running reader without a group's commits. */
export interface Replay {
  /** Resolves when every partition has been delivered up to the end seen at the start. Stays pending if it never is. */
  readonly caughtUp: Promise<void>;
  /** The log ends seen at the start, which `caughtUp` waits for. */
  readonly bootEnds: readonly LogBounds[];
  positions(): readonly ReadPosition[];
  health(): ReaderHealth;
  pause(topics?: TopicChoice): void;
  resume(topics?: TopicChoice): void;
  /** Waits for the running handler at most `timeoutMs` (default 5000); idempotent. */
  close(timeoutMs?: number): Promise<void>;
}
