/** A narrowing write is answered when the broker has its record; after this long it is answered as pending. */
export const PUBLISHED_WAIT_MS = 2_000;

/** How far the broker has what this store committed; port and DI token. */
export abstract class Publication {
  /**
   * True once the broker has acknowledged every record up to `position`; false after `timeoutMs`. What a narrowing
   * write waits for (2000 ms, then it answers 202 `propagation: pending`). At most 10000 may wait; beyond, false at once.
   */
  abstract reached(position: number, timeoutMs: number): Promise<boolean>;

  /** Tells the publisher of this process that something was committed. The store calls it by itself. */
  abstract wake(): void;

  /** For health and metrics. `role`: only one process per service is `active`. */
  abstract status(): PublicationStatus;

  /** Publishes every current record of a state topic again; or every event, for the events topic. Active publisher only. */
  abstract republish(topic: string): Promise<{ readonly records: number }>;
}

export type PublicationStatus = {
  readonly role: 'starting' | 'active' | 'standby' | 'stopped';
  readonly generation: number;
  readonly epoch: number;
  /** Everything up to here is acknowledged by the broker. */
  readonly position: number;
  /** Strays answered by a republication since the start. */
  readonly repaired: number;
  /** Why the last attempt failed; null while all is well. No content of records. */
  readonly lastError: string | null;
};
