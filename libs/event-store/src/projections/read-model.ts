import type { OpenSealed, StoredEvent } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Recorded } from '../recorded-event.js';

/**
 * Folds events into tables of the same schema. `apply` runs in the transaction that moves the model's position, events
 * in position order, each once; it must be a pure upsert of its event all the same (replay twice = once), and must not
 * read anything but its own tables, or a rebuild would differ from live.
 */
export type ReadModel<Event extends StoredEvent = StoredEvent> = {
  /** Name of its table, with the version last: `key_list_v1`. A new shape is a new name, and builds itself at boot. */
  readonly name: string;
  readonly types: readonly Event['type'][];
  apply(tx: EntityManager, recorded: Recorded<Event>, open: OpenSealed): Promise<void>;
  /** Empties its tables; for a rebuild. */
  truncate(tx: EntityManager): Promise<void>;
};
