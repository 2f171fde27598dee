import { writtenNumbers } from '#libs/clickhouse';
import { CHECKPOINT_WRITERS_MAX, type WrittenPartition } from '#libs/contracts';
import type { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { partitionKey, type ChainState } from './chain.decider.js';

/** Up to where the ranges of a partition are stored. */
export type CommittedPartition = { readonly topic: string; readonly partition: number; readonly offset: number };

/** What was stored of each partition since it was last stated; what is beyond the bound comes with the next checkpoint. */
export async function writtenPartitions(
  { client, name }: Pick<AuditDatabase, 'client' | 'name'>,
  { written }: Pick<ChainState, 'written'>,
  committed: readonly CommittedPartition[],
): Promise<WrittenPartition[]> {
  const found: WrittenPartition[] = [];
  let room = CHECKPOINT_WRITERS_MAX;
  for (const { topic, partition, offset: end } of committed) {
    const from = written[partitionKey({ topic, partition })];
    if (room <= 0) break;
    if (end <= (from ?? 0)) continue;
    const stated = await writtenNumbers(client, name, { topic, partition, from, end }, room);
    if (!stated) continue;
    found.push(stated);
    room -= stated.writers.length;
  }
  return found;
}
