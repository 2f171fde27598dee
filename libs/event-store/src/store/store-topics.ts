import type { AggregateDescription } from '../aggregate.js';

/** Where the records of a store go. */
export type StoreTopics = {
  readonly events: string;
  /** Compacted topics that this service alone writes: kept in `state_records`, MAC-ed, watermarked, repaired. */
  readonly states: ReadonlySet<string>;
};

export function storeTopics(
  service: string,
  aggregates: readonly AggregateDescription[],
  more: readonly string[] = [],
): StoreTopics {
  const named = aggregates.flatMap(({ states }) => states.map(({ topic }) => topic));
  return { events: `${service}.events.v1`, states: new Set([...named, ...more]) };
}

/** `ce_type` of state records: what kind of thing it is says the key. */
export const stateType = (topic: string) => `${topic.replace(/\.v\d+$/, '')}.record`;
