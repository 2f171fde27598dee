import { DomainError, type OpenSealed, type StoredEvent } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import { setTimeout as pause } from 'node:timers/promises';
import { streamName, type Aggregate, type EventReader } from '../aggregate.js';
import { runSqlIn } from '../database/run-sql.js';
import {
  EventStore,
  step,
  type AnyStep,
  type ExecuteOptions,
  type ExtraRecord,
  type Outcome,
  type Outcomes,
  type Step,
  type TransactionOptions,
} from '../event-store.js';
import type { Recorded } from '../recorded-event.js';
import { orBusy, takeAppendLock } from './append-lock.js';
import { appendSteps, writeExtraRecords, type AppendedStep } from './append.js';
import { decideSteps, type DecidedStep } from './decided-step.js';
import { selectAfter, selectHeads, toRecorded } from './event-rows.js';
import { loadStreams } from './load-streams.js';
import { nextSeq } from './outbox.js';
import { release, reserve } from './reservations.js';
import { writeSnapshots } from './snapshots.js';
import type { StoreTopics } from './store-topics.js';
import { StreamMemory } from './stream-memory.js';
import { Turns } from './turns.js';

/** How often a command is decided again before it ends in `concurrency/conflict`. */
export const DECISION_ATTEMPTS_MAX = 10;
/** Writers of one process: at work, in line, and for how long. */
const appendTurns = { concurrentMax: 4, waitingMax: 1000, waitMsMax: 10_000 };
const RETRY_SPREAD_MS = 10;
const READ_EVENTS_MAX = 1000;

/** What the store needs around it. */
export type StoreParts = {
  readonly em: EntityManager;
  readonly topics: StoreTopics;
  readonly readers: ReadonlyMap<string, EventReader>;
  openAll(values: readonly unknown[]): Promise<OpenSealed>;
  /** Called after each commit; what it awaits, the caller's answer awaits. */
  committed(position: number, types: readonly string[]): Promise<void>;
};

type Committed = { readonly steps: readonly AppendedStep[]; readonly position: number };

export class PostgresEventStore extends EventStore {
  private readonly turns = new Turns(appendTurns);
  private readonly memory = new StreamMemory();

  constructor(private readonly parts: StoreParts) {
    super();
  }

  override async execute<State, Command, Event extends StoredEvent>(
    aggregate: Aggregate<State, Command, Event>,
    id: string,
    command: Command,
    options: ExecuteOptions<Event>,
  ): Promise<Outcome<State, Event>> {
    const only: Step<State, Event> = step(aggregate, id, command, options);
    const { outcomes } = await this.executeAll([only], options);
    return outcomes[0];
  }

  override async executeAll<const Steps extends readonly AnyStep[]>(
    plan: Steps | (() => Promise<Steps>),
    options: TransactionOptions,
  ): Promise<{ readonly outcomes: Outcomes<Steps>; readonly position: number }> {
    for (let attempt = 1; attempt <= DECISION_ATTEMPTS_MAX; attempt += 1) {
      const committed = await this.turns.take(async () => {
        const steps = typeof plan === 'function' ? await plan() : plan;
        return orBusy(this.commit(await decideSteps(this.parts.em, steps, this.memory), options));
      });
      if (!committed) {
        // Spread, or those who lost would lose against each other again.
        await pause(Math.random() * RETRY_SPREAD_MS * attempt);
        continue;
      }
      this.remember(committed.steps);
      const types = committed.steps.flatMap(({ events }) => events.map(({ type }) => type));
      if (types.length > 0) {
        await this.parts.committed(committed.position, options.readModels === 'left' ? [] : types);
      }
      const outcomes = committed.steps.map((one) => toOutcome(one, committed.position));
      return { outcomes: outcomes as unknown as Outcomes<Steps>, position: committed.position };
    }
    throw new DomainError('concurrency/conflict', 'Too many changes at once; try again.');
  }

  override async load<State, Event extends StoredEvent>(aggregate: Aggregate<State, never, Event>, id: string) {
    const stream = streamName(aggregate, id);
    const loaded = (await orBusy(loadStreams(this.parts.em, [{ stream, aggregate }], this.memory))).get(stream);
    return { state: loaded?.state as State, version: loaded?.version ?? 0 };
  }

  override async publish(records: readonly ExtraRecord[]): Promise<void> {
    if (records.length === 0) return;
    const write = async (tx: EntityManager) => {
      await takeAppendLock(tx);
      const { lastPosition } = await selectHeads(tx, []);
      const firstSeq = await nextSeq(tx, lastPosition);
      await writeExtraRecords(tx, this.parts.topics, records, { position: lastPosition, firstSeq });
      return lastPosition;
    };
    const position = await this.turns.take(() => orBusy(this.transaction(write)));
    await this.parts.committed(position, []);
  }

  override async position(): Promise<number> {
    return (await selectHeads(this.parts.em, [])).lastPosition;
  }

  override async read(options: { afterPosition: number; types?: readonly string[]; limit?: number }) {
    const limit = Math.min(options.limit ?? READ_EVENTS_MAX, READ_EVENTS_MAX);
    const rows = await selectAfter(this.parts.em, options.afterPosition, limit, options.types);
    return rows.map((row): Recorded => toRecorded(row, this.parts.readers));
  }

  /** Undefined when a stream has moved since it was decided on. */
  private async commit(decided: readonly DecidedStep[], options: TransactionOptions): Promise<Committed | undefined> {
    const events = decided.flatMap((one) => one.events);
    if (events.length === 0) {
      return { steps: decided.map((one) => ({ ...one, recorded: [], digest: null })), position: await this.position() };
    }
    // Opened before the transaction: it would need a second connection, and hold the append lock meanwhile.
    const open = await this.parts.openAll(events);
    return this.transaction((tx) => this.append(tx, decided, options, open));
  }

  private async append(
    tx: EntityManager,
    decided: readonly DecidedStep[],
    { context, alongside }: TransactionOptions,
    open: OpenSealed,
  ): Promise<Committed | undefined> {
    await takeAppendLock(tx);
    const { lastPosition, versions } = await selectHeads(
      tx,
      decided.map((one) => one.step.stream),
    );
    // A later step of a stream is based on its former one, so the first of each stream is what was read.
    const first = new Map(decided.toReversed().map((one) => [one.step.stream, one.basedOn]));
    for (const [stream, basedOn] of first) if ((versions.get(stream) ?? 0) !== basedOn) return undefined;
    for (const { step, events } of decided) await release(tx, step.stream, step.options.release?.(events) ?? []);
    for (const { step, events } of decided) await reserve(tx, step.stream, step.options.reserve?.(events) ?? []);
    await alongside?.(runSqlIn(tx));
    const steps = await appendSteps(tx, this.parts.topics, decided, lastPosition, context, open);
    await writeSnapshots(tx, decided);
    const last = steps.flatMap(({ recorded }) => recorded).at(-1);
    return { steps, position: last?.position ?? lastPosition };
  }

  private remember(steps: readonly AppendedStep[]): void {
    for (const { step, state, basedOn, events, digest } of steps) {
      if (!step.aggregate.snapshots || digest === null) continue;
      this.memory.keep(step.stream, { state, version: basedOn + events.length, digest });
    }
  }

  private transaction<Result>(work: (tx: EntityManager) => Promise<Result>): Promise<Result> {
    return this.parts.em.fork().transactional((tx) => work(tx as EntityManager));
  }
}

function toOutcome(
  { recorded, state, basedOn, events }: AppendedStep,
  position: number,
): Outcome<unknown, StoredEvent> {
  return { events: recorded, state, version: basedOn + events.length, position };
}
