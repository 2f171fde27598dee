/** Codes of {@link BusError}; stable, never reused. */
export type BusErrorCode =
  | 'bus/closed'
  | 'bus/invalid-record'
  | 'bus/overloaded'
  | 'bus/ownership-lost'
  | 'bus/partition-mismatch'
  | 'bus/publish-failed'
  | 'bus/unavailable'
  | 'bus/unknown-topic';

/** A failure of the bus itself. `transient` says that the same call may succeed later; nothing of a record is in it. */
export class BusError extends Error {
  constructor(
    readonly code: BusErrorCode,
    message: string,
    readonly transient: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'BusError';
  }
}

/**
 * Thrown by a handler or decoder for a record that can never be processed, whatever the weather: it goes to the dead
 * letters without retries. `reason` is a stable code such as `envelope/missing-ce_id`; never quote the record in it.
 */
export class PoisonRecord extends Error {
  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`poison record: ${reason}`, options);
    this.name = 'PoisonRecord';
  }
}
