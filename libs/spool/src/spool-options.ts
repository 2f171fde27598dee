import type { Service, TopicSpec } from '#libs/contracts';
import type { Clock, Logger } from '#libs/telemetry';
import type { SpoolFiles } from './append/spool-files.js';
import type { BatchSink } from './publish/batch.js';
import type { SpoolKafka } from './publish/kafka-sink.js';

export const SPOOL_BYTES_MAX_DEFAULT = 1024 * 1024 * 1024;
export const FLOOD_RECORDS_MAX_DEFAULT = 50_000;
export const FLOOD_PER_ADDRESS_SECOND_DEFAULT = 10;

export type SpoolOptions = {
  /** On a disk that is kept; each topic has a directory in it. Spools of several threads or replicas may share it. */
  readonly directory: string;
  readonly service: Service;
  /** Unique over all services and replicas: it is part of what makes a record unique. */
  readonly replica: string;
  /** `decisionTopics[service]`: its number of partitions is fixed for ever. */
  readonly topic: TopicSpec;
  readonly kafka: SpoolKafka;
  /** All files together. Beyond it `append` throws; at least 1 MiB. */
  readonly bytesMax?: number;
  /** Unverified refusals that may wait; beyond it they are only counted. */
  readonly floodRecordsMax?: number;
  /** Unverified refusals of one address that get a record each, per second. */
  readonly floodPerAddressSecond?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** The file system; specs put a full or slow disk here. */
  readonly files?: SpoolFiles;
  /** Publishes on this thread into a sink of the caller's, in place of the thread with its own Kafka producer. */
  readonly sink?: BatchSink;
};

const SEGMENT_BYTES = { min: 64 * 1024, max: 8 * 1024 * 1024 };
const SEGMENTS_OF_BOUND = 16;

/** Small enough that a full spool frees space piece by piece. */
export function segmentBytesFor(bytesMax: number): number {
  return Math.min(SEGMENT_BYTES.max, Math.max(SEGMENT_BYTES.min, Math.floor(bytesMax / SEGMENTS_OF_BOUND)));
}
