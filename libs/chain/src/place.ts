import type { ChainPlace } from '#libs/contracts';
import type { StoredRow } from './chain-break.js';

/** Where a row stands in its chain. */
export const placeOf = (row: StoredRow): ChainPlace => ({
  partition: Number(row['kafka_partition']),
  offset: Number(row['kafka_offset']),
  index: Number(row['kafka_index']),
});

/** Negative where `a` comes first. */
export const comparePlaces = (a: ChainPlace, b: ChainPlace) =>
  a.partition - b.partition || a.offset - b.offset || a.index - b.index;

/** The day on which the broker took a row, UTC. */
export const dayOf = (row: StoredRow) => String(row['appended_at']).slice(0, 10);
