import { DomainError, type OpenSealed, type StateProjection, type StoredEvent } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import { toEventMessage } from '../event-message.js';
import type { ExtraRecord } from '../event-store.js';
import type { Context, Recorded } from '../recorded-event.js';
import type { DecidedStep } from './decided-step.js';
import { insertEvents, toRecorded, type EventRow } from './event-rows.js';
import { insertOutbox, type NewOutboxRow } from './outbox.js';
import { projectStates, touchedKeys, type ProjectedState } from './state-projector.js';
import { selectStates, upsertStates, type StateRow } from './state-records.js';
import { stateType, type StoreTopics } from './store-topics.js';

/** Events of one transaction at most. */
export const APPEND_EVENTS_MAX = 1000;

/** `digest`: of the last event, for who remembers the stream. */
export type AppendedStep = DecidedStep & { readonly recorded: readonly Recorded[]; readonly digest: string | null };

/** Writes the events of all steps, and everything that follows from them; only under the append lock. */
export async function appendSteps(
  tx: EntityManager,
  topics: StoreTopics,
  steps: readonly DecidedStep[],
  lastPosition: number,
  context: Context,
  open: OpenSealed,
): Promise<readonly AppendedStep[]> {
  const fresh = steps.flatMap(({ step, basedOn, events }) =>
    events.map((event, index) => ({
      stream: step.stream,
      streamVersion: basedOn + 1 + index,
      event,
      digests: step.aggregate.snapshots !== undefined,
    })),
  );
  if (fresh.length === 0) return steps.map((step) => ({ ...step, recorded: [], digest: null }));
  if (fresh.length > APPEND_EVENTS_MAX) throw new DomainError('store/too-large', 'Too many events for one change.');
  const rows = [...(await insertEvents(tx, fresh, context, lastPosition))];
  const appended = steps.map((step) => {
    const own = rows.splice(0, step.events.length);
    return { ...step, recorded: toRecordedStep(step, own), digest: own.at(-1)?.digest ?? null };
  });
  await writeRecords(tx, topics, appended, open);
  return appended;
}

async function writeRecords(tx: EntityManager, topics: StoreTopics, steps: readonly AppendedStep[], open: OpenSealed) {
  const outgoing: Omit<NewOutboxRow, 'seq'>[] = [];
  const touched = touchedKeys(steps.flatMap(({ step, recorded }) => recorded.map((one) => projected(step, one))));
  const held: Map<string, ProjectedState> = await selectStates(tx, touched);
  for (const { step, recorded } of steps) {
    for (const one of recorded) {
      outgoing.push(eventRow(topics, one));
      for (const state of projectStates(projected(step, one), held, open)) outgoing.push(stateRow(state));
    }
    const last = recorded.at(-1);
    if (!last) continue;
    for (const record of step.options.records?.(recorded) ?? []) outgoing.push(extraRow(topics, record, last.position));
  }
  const rows = outgoing.map((row, seq) => ({ ...row, seq }));
  await upsertStates(tx, rows.filter(({ topic }) => topics.states.has(topic)).map(toState));
  await insertOutbox(tx, rows);
}

/** Records without an event, at the store's last position; only under the append lock. */
export async function writeExtraRecords(
  tx: EntityManager,
  topics: StoreTopics,
  records: readonly ExtraRecord[],
  place: { readonly position: number; readonly firstSeq: number },
): Promise<void> {
  const rows = records.map((record, index) => ({
    ...extraRow(topics, record, place.position),
    seq: place.firstSeq + index,
  }));
  await upsertStates(tx, rows.filter(({ topic }) => topics.states.has(topic)).map(toState));
  await insertOutbox(tx, rows);
}

function toRecordedStep({ step }: DecidedStep, rows: readonly EventRow[]): readonly Recorded[] {
  const readers = new Map(step.aggregate.events.map((reader) => [reader.type, reader]));
  return rows.map((row) => toRecorded(row, readers));
}

function projected({ aggregate }: DecidedStep['step'], { event, position }: Recorded) {
  const states: readonly StateProjection<StoredEvent, object>[] = aggregate.states;
  return { event, position, states };
}

function eventRow(topics: StoreTopics, recorded: Recorded): Omit<NewOutboxRow, 'seq'> {
  const { stream, position, event } = recorded;
  const value = JSON.stringify(toEventMessage(recorded));
  return { topic: topics.events, key: stream, position, value, type: event.type, schemaVersion: event.version };
}

function stateRow({ topic, key, value, position }: ProjectedState): Omit<NewOutboxRow, 'seq'> {
  return { topic, key, value, position, type: stateType(topic), schemaVersion: 1 };
}

function extraRow(topics: StoreTopics, { topic, key, value }: ExtraRecord, position: number) {
  if (topic === topics.events) throw new Error(`${topic} carries the events of the store and nothing else.`);
  return stateRow({ topic, key, value: value === null ? null : JSON.stringify(value), position });
}

const toState = ({ topic, key, value, position, seq }: NewOutboxRow): StateRow => ({
  topic,
  key,
  value,
  position,
  seq,
});
