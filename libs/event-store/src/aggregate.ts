import type { Decider, StateProjection, StoredEvent } from '#libs/decider';

/** The part of an `EventDefinition` that a store needs: it lifts stored data of any known version to the current one. */
export type EventReader<Event extends StoredEvent = StoredEvent> = {
  readonly type: string;
  readonly version: number;
  read(stored: StoredEvent): Event;
};

/** How the state of a long stream is kept beside it, so that loading it reads only what came after. */
export type Snapshots<State> = {
  /** Names the shape of what is written; one of another name is not read, and the stream is loaded whole. */
  readonly name: string;
  /** A snapshot is written with the event that completes as many more. */
  readonly everyEvents: number;
  /** As JSON. */
  write(state: State): unknown;
  read(written: unknown): State;
};

/** What the store keeps in one stream per id, and which state records follow from its events. */
export type Aggregate<State, Command, Event extends StoredEvent> = {
  /** `<app>.<thing>`, e.g. `identity.api-key`; a stream is `<name>-<id>`. */
  readonly name: string;
  readonly decider: Decider<State, Command, Event>;
  readonly events: readonly EventReader<Event>[];
  /** Run in this order for each event; one that does not list the event's type is passed over. */
  readonly states: readonly StateProjection<Event, object>[];
  /** For streams that grow for ever. */
  readonly snapshots?: Snapshots<State>;
};

/** What the module needs to know of an aggregate without its commands: how to read its events, and its state topics. */
export type AggregateDescription = {
  readonly name: string;
  readonly events: readonly EventReader[];
  readonly states: readonly { readonly topic: string }[];
};

/** The stream of one instance. */
export function streamName(aggregate: { readonly name: string }, id: string): string {
  return `${aggregate.name}-${id}`;
}
