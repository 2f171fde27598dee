import type { TopicPartition } from './bus-record.js';

/** A topic as a service needs it. */
export type TopicSpec = {
  readonly name: string;
  readonly partitions: number;
  /** Kafka topic configuration, e.g. `{'cleanup.policy': 'compact'}`. */
  readonly config?: Readonly<Record<string, string>>;
  /** -1, the default: as the broker is configured. */
  readonly replicationFactor?: number;
};

/** The end of one partition's log: the offset that the next record will get. */
export type LogEnd = TopicPartition & { readonly end: bigint };

/** The bounds of one partition's log: the first offset kept besides. */
export type LogBounds = LogEnd & { readonly start: bigint };

/** Which log a topic is: deleting and creating it again gives another `topicId`. `null`: the broker did not say. */
export type TopicIdentity = { readonly topic: string; readonly clusterId: string; readonly topicId: string | null };

/** Answer of `endOffsets`: the bounds, and when they were asked (monotonic ms, before the request left). */
export type EndOffsets = { readonly askedAtMs: number; readonly partitions: readonly LogBounds[] };
