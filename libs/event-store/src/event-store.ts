import type { DomainError, StoredEvent } from '#libs/decider';
import { streamName, type Aggregate } from './aggregate.js';
import type { RunStatement } from './database/run-sql.js';
import type { Context, Recorded } from './recorded-event.js';

/** A name that only one holder has, e.g. `{scope: 'user-email', name: 'ada@acme.example'}`. */
export type Reservation = {
  readonly scope: string;
  readonly name: string;
  /** Thrown when it is taken; `name/taken` unless given. */
  readonly refusal?: DomainError;
};

/**
 * One more record for Kafka, written in the same transaction. On one of the store's state topics it is a state record
 * (kept, MAC-ed, repaired, republished; `null` is a tombstone), elsewhere a plain fact. At most 896 KiB of JSON, key included.
 */
export type ExtraRecord = { readonly topic: string; readonly key: string; readonly value: object | null };

/** What goes with the events of one command. `reserve`, `release` and `records` see what was decided. */
export type StepOptions<Event extends StoredEvent> = {
  /** `If-Match`: refuse with `precondition/failed` unless the stream is at this version. 0: it must be new. */
  readonly expectedVersion?: number;
  reserve?(events: readonly Event[]): readonly Reservation[];
  release?(events: readonly Event[]): readonly Reservation[];
  /** Published after the state records of the step's events, in this order, at its last event's position. */
  records?(events: readonly Recorded<Event>[]): readonly ExtraRecord[];
};

/** What goes with a whole transaction. */
export type TransactionOptions = {
  readonly context: Context;
  /** `left`: the caller brings read models up to date, before it answers; nothing after it may count on them until then. */
  readonly readModels?: 'awaited' | 'left';
  /**
   * Writes to tables of the service's own, in the transaction of the events: both or neither. Only where there are events;
   * every writer waits meanwhile, so it writes few rows, and what takes long is done before. What it throws ends all of it.
   */
  alongside?(run: RunStatement): Promise<void>;
};

export type ExecuteOptions<Event extends StoredEvent> = StepOptions<Event> &
  Pick<TransactionOptions, 'context' | 'readModels'>;

/** What one command led to. No events: it changed nothing. */
export type Outcome<State, Event extends StoredEvent> = {
  readonly events: readonly Recorded<Event>[];
  readonly state: State;
  /** Of the stream, 0 if it does not exist; the ETag. */
  readonly version: number;
  /** Last position of the transaction; of the store, when nothing was appended. For `gatehouse-position`. */
  readonly position: number;
};

/** One command of `executeAll`; make it with {@link step}. */
export type Step<State, Event extends StoredEvent> = {
  readonly stream: string;
  readonly options: StepOptions<Event>;
  readonly aggregate: Aggregate<State, never, Event>;
  decide(state: State): readonly Event[];
};

/** A step of whatever kind. */
export type AnyStep = Step<unknown, StoredEvent>;

/** Binds a command to an instance, as one part of a transaction over several. */
export function step<State, Command, Event extends StoredEvent>(
  aggregate: Aggregate<State, Command, Event>,
  id: string,
  command: Command,
  options: StepOptions<Event> = {},
): Step<State, Event> {
  return {
    stream: streamName(aggregate, id),
    options,
    aggregate,
    decide: (state) => aggregate.decider.decide(command, state),
  };
}

/** The outcomes of the steps, in their order. */
export type Outcomes<Steps extends readonly unknown[]> = {
  readonly [Index in keyof Steps]: Steps[Index] extends Step<infer State, infer Event> ? Outcome<State, Event> : never;
};

/** The write side of one service; port and DI token. */
export abstract class EventStore {
  /**
   * Loads, decides, and appends at the version that was decided on; when another writer was faster it decides again,
   * at most 10 times. Events, reservations, state records and outbox rows are one transaction; read models have
   * caught up when it resolves, unless they are `left`.
   * @throws DomainError the decider's own; `precondition/failed`; `name/taken` or the reservation's refusal;
   * `concurrency/conflict` after the last attempt; `store/busy` when neither the append lock (5 s) nor a connection (10 s) was to be had; `store/too-large` beyond the bounds.
   */
  abstract execute<State, Command, Event extends StoredEvent>(
    aggregate: Aggregate<State, Command, Event>,
    id: string,
    command: Command,
    options: ExecuteOptions<Event>,
  ): Promise<Outcome<State, Event>>;

  /**
   * Several commands as one transaction, each with the guarantees of {@link execute}: all or none. `plan` is asked
   * again on each attempt, so that it may read (not write) what it depends on. A later step of the same stream sees the former's
   * events. At most 1000 events, 10000 records, each up to 896 KiB.
   */
  abstract executeAll<const Steps extends readonly AnyStep[]>(
    plan: Steps | (() => Promise<Steps>),
    options: TransactionOptions,
  ): Promise<{ readonly outcomes: Outcomes<Steps>; readonly position: number }>;

  /** The state of one instance; version 0 if it does not exist. */
  abstract load<State, Event extends StoredEvent>(
    aggregate: Aggregate<State, never, Event>,
    id: string,
  ): Promise<{ readonly state: State; readonly version: number }>;

  /**
   * Publishes records without an event, at the store's last position: late tombstones (an expired key's, a superseded
   * document's). Never for a narrowing, which is an event.
   */
  abstract publish(records: readonly ExtraRecord[]): Promise<void>;

  /** The last position of the store; 0 if it is empty. */
  abstract position(): Promise<number>;

  /** Events above `afterPosition` in position order, at most `limit` (default and maximum 1000); a late one is never skipped. */
  abstract read(options: {
    readonly afterPosition: number;
    readonly types?: readonly string[];
    readonly limit?: number;
  }): Promise<readonly Recorded[]>;
}
