import type { StoredEvent } from '#libs/decider';

/** Who asked, for which tenant, and the ids under which the request and its decision are found again. */
export type Context = {
  readonly actor: string;
  readonly tenantId: string;
  readonly requestId: string;
  readonly decisionId: string;
};

/** An event as it stands in the store. `event.version` is its schema's version, `streamVersion` its place in the stream. */
export type Recorded<Event extends StoredEvent = StoredEvent> = Context & {
  readonly event: Event;
  /** Place in the service's store, from 1 on; order of positions = order of commits. */
  readonly position: number;
  readonly stream: string;
  /** From 1 on, dense. */
  readonly streamVersion: number;
  /** RFC 3339, UTC, the database's clock. */
  readonly recordedAt: string;
};
