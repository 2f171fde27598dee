import type { Bus } from '#libs/bus';
import { COMPACTION_RETENTION_MS } from '#libs/contracts';
import { digestOfRecordAt } from './record-digest.js';
import type { Snapshot } from './snapshot-file.js';

export type SnapshotDoubt =
  | 'too_old'
  | 'from_the_future'
  | 'other_topics'
  | 'other_log'
  | 'log_ends_before'
  | 'other_record';

/** Clocks may differ by so much. */
const skewMsMax = 300_000;

/**
 * Whether the logs still are those that the snapshot is of. Older than what tombstones are kept, it could hold a key
 * whose end is told nowhere any more. A log that was replaced or restored tells another story at the same offset.
 */
export async function doubtOf(
  snapshot: Snapshot,
  bus: Bus,
  { nowMs, topics }: { nowMs: number; topics: readonly string[] },
): Promise<SnapshotDoubt | undefined> {
  const ageMs = nowMs - snapshot.writtenAtMs;
  if (ageMs >= COMPACTION_RETENTION_MS) return 'too_old';
  if (ageMs < -skewMsMax) return 'from_the_future';
  const named = snapshot.topics.map(({ topic }) => topic).toSorted();
  if (named.join() !== topics.toSorted().join()) return 'other_topics';
  const [identities, { partitions }] = await Promise.all([bus.identify(named), bus.endOffsets(named)]);
  for (const { topic, topicId, clusterId, applied } of snapshot.topics) {
    const log = identities.find((each) => each.topic === topic);
    if (!log || log.clusterId !== clusterId || log.topicId !== topicId) return 'other_log';
    const end = partitions.find((each) => each.topic === topic)?.end ?? 0n;
    if (end <= applied.offset) return 'log_ends_before';
  }
  const same = await Promise.all(snapshot.topics.map((each) => isSameRecord(bus, each)));
  return same.every(Boolean) ? undefined : 'other_record';
}

/** Compaction may have taken the record since; then the topic's id has to do. */
async function isSameRecord(bus: Bus, { topic, applied, recordDigest }: Snapshot['topics'][number]): Promise<boolean> {
  const found = await digestOfRecordAt(bus, topic, applied.offset);
  return found === null || recordDigest === null || found === recordDigest;
}
