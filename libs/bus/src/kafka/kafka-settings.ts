import type { KafkaConnection } from '#libs/kafka';

export type KafkaBusOptions = KafkaConnection & {
  /** How long a `publish` tries before it rejects, ms. Default 30000. */
  readonly publishTimeoutMs?: number;
  /** Most bytes that wait to be sent; above it `publish` rejects at once with `bus/overloaded`. Default 64 MiB. */
  readonly publishQueueBytesMax?: number;
  /** How often the logs that are replayed are looked at, whether they are still the same, ms. Default 2000. */
  readonly logCheckMs?: number;
  /** After how much silence the broker forgets a reader that shares with nobody, ms. Default 30000. */
  readonly replaySessionMs?: number;
};

export const PUBLISH_TIMEOUT_MS = 30_000;
export const PUBLISH_QUEUE_BYTES_MAX = 64 * 1024 * 1024;
/** One produce request per partition is one record batch, which must stay below the topic's `max.message.bytes`. */
export const SEND_BYTES_MAX = 900 * 1024;
/** Bounds the memory of the per-record bookkeeping of one request. */
export const SEND_RECORDS_MAX = 5_000;

/** The broker forgets a dead member after this long; its default minimum. kafkajs' own 30 s holds partitions back. */
export const SESSION_TIMEOUT_MS = 6_000;
/** Heartbeats in the time of a session. */
export const HEARTBEATS_PER_SESSION = 4;
export const HEARTBEAT_MS = SESSION_TIMEOUT_MS / HEARTBEATS_PER_SESSION;
/** A reader that shares with nobody holds nothing back when it is dead: it need not be missed soon. */
export const REPLAY_SESSION_MS = 30_000;
/**
 * Longest wait of a fetch. The broker answers at once when there is a record, and the end of a reader ends its fetch: this
 * is how often an idle one costs something. It must stay well below a session, as heartbeats are sent between fetches.
 */
export const REPLAY_WAIT_MS = 5_000;
export const CONSUME_WAIT_MS = 2_000;
export const LOG_CHECK_MS = 2_000;
/** How long a rebalance waits for members that are busy. */
export const REBALANCE_TIMEOUT_MS = 30_000;
/** A reader whose loop has not turned for this long, with no handler running, is started again. */
export const LOOP_STALL_MS = 20_000;
export const PARTITION_BYTES_MAX = 1024 * 1024;
