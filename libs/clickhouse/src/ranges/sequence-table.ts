import type { OffsetRange } from './offset-range.js';
import type { RangeRow } from './range-row.js';

/** Which `seq` each range has stored, for every (replica, boot) in it. Written like any other table of the range. */
export const SEQUENCE_TABLE = 'ingested_sequences';

/**
 * One small row per range and (replica, boot), sorted for the one question asked of it. Far cheaper than a maximum over
 * the tables themselves, which are sorted by tenant and time and lose rows to retention. It outlasts every spool.
 */
export const sequenceTableDdl = `CREATE TABLE IF NOT EXISTS {database:Identifier}.${SEQUENCE_TABLE} (
  kafka_topic LowCardinality(String),
  kafka_partition UInt32,
  replica String,
  boot String,
  kafka_offset UInt64 COMMENT 'highest of this replica and boot in the range',
  kafka_index UInt32 COMMENT 'number of this row in its range',
  seq UInt64 COMMENT 'highest of this replica and boot up to here',
  stored_at DateTime('UTC') DEFAULT now()
) ENGINE = MergeTree
ORDER BY (kafka_topic, kafka_partition, replica, boot, kafka_offset)
TTL stored_at + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 20000`;

/** Who wrote a decision, and its number: dense per (replica, boot, topic partition). */
export type Sequenced = { readonly replica: string; readonly boot: string; readonly seq: number };

/** The rows of {@link SEQUENCE_TABLE} for what a range keeps, in the order of first appearance. */
export function sequenceRows(
  range: OffsetRange,
  kept: readonly { readonly item: Sequenced; readonly offset: bigint }[],
): readonly RangeRow[] {
  const rows = new Map<string, { replica: string; boot: string; seq: number; offset: bigint }>();
  for (const { item, offset } of kept) {
    const { replica, boot, seq } = item;
    const key = sequenceKey(item);
    // They rise but for what comes late.
    rows.set(key, { replica, boot, seq: Math.max(seq, rows.get(key)?.seq ?? 0), offset });
  }
  return [...rows.values()].map(({ replica, boot, seq, offset }, index) => ({
    kafka_topic: range.topic,
    kafka_partition: range.partition,
    kafka_offset: String(offset),
    kafka_index: index,
    replica,
    boot,
    seq,
  }));
}

/** One text for (replica, boot): neither may contain a line break. */
export function sequenceKey({ replica, boot }: Pick<Sequenced, 'replica' | 'boot'>): string {
  return `${replica}\n${boot}`;
}
