import type { CommittedOffset, ConsumeOptions } from './consumption.js';
import type { LogBounds } from './topic-spec.js';

/** Where a group's member begins in a partition. An offset that the log does not have leads to all that it has. */
export function firstOffset(
  { start, end }: LogBounds,
  committed: CommittedOffset | null,
  from: ConsumeOptions['from'] = 'beginning',
): bigint {
  if (!committed) return from === 'end' ? end : start;
  return committed.offset < start || committed.offset > end ? start : committed.offset;
}
