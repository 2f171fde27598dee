import type { StoredEvent } from './event.js';

/** A field of an event that only the subject's key opens; see `Sealed` in contracts. */
export type SealedText = { readonly subjectId: string; readonly box: string };

/** The text behind a sealed field, or undefined once the subject's key was erased. Pure: all boxes are opened before. */
export type OpenSealed = (sealed: SealedText) => string | undefined;

/**
 * Derives the state records (compacted topics) that follow from an event, in the event's own transaction.
 * `keys` names every record the event touches, in the order in which they are to be published;
 * `project` answers the new record, or undefined for "nothing held". It must not depend on anything but its arguments,
 * so that a rebuild gives what live gave.
 */
export type StateProjection<Event extends StoredEvent, Rec extends object> = {
  /** Name of the topic that carries the records. */
  readonly topic: string;
  readonly types: readonly string[];
  keys(event: Event): readonly string[];
  project(key: string, held: Rec | undefined, event: Event, open: OpenSealed): Rec | undefined;
};

/** When an event was recorded, as which version of its stream, and at which place of the store. */
export type RecordedAt = { readonly recordedAt: string; readonly streamVersion: number; readonly position: number };

/**
 * Folds events into rows that an API lists. Pure: where rows are kept is the business of whoever runs it.
 * `project` answers the row after the event, or undefined to have none.
 */
export type ListProjection<Event extends StoredEvent, Row extends object> = {
  /** Name of the table, version last: `key_list_v1`. */
  readonly name: string;
  readonly types: readonly string[];
  place(event: Event): { readonly id: string; readonly tenantId: string };
  project(held: Row | undefined, event: Event, at: RecordedAt, open: OpenSealed): Row | undefined;
};
