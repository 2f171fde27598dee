import type { Places } from '#libs/bus';
import type { StateNews } from './thread-messages.js';

/** What a feed fills: what it applies, and where each record stood. */
export type RecordTable = { readonly places: Places; apply(key: string, value: Buffer | null): void };

/** A table as its feed fills it, telling what was applied to those on other threads that have the same. */
export function toldRecords(
  table: RecordTable,
  view: 'secrets' | 'contentKeys',
  tell: (news: StateNews) => void,
): RecordTable {
  return {
    places: table.places,
    apply: (key, value) => {
      table.apply(key, value);
      tell({ view, key, value: value && Uint8Array.from(value) });
    },
  };
}
