import type { OpenSealed, StateProjection, StoredEvent } from '#libs/decider';
import { stateId, type StateRow } from './state-records.js';

type States = readonly StateProjection<StoredEvent, object>[];
/** An event with its position and the projections of its aggregate. */
export type Projected = { readonly event: StoredEvent; readonly position: number; readonly states: States };
/** What the records of an event say; their place among the records of the transaction is given later. */
export type ProjectedState = Omit<StateRow, 'seq'>;

/** The state keys that the events touch. */
export function touchedKeys(events: readonly Projected[]): readonly { topic: string; key: string }[] {
  const touched = events.flatMap(({ event, states }) =>
    concerned(states, event).flatMap(({ topic, keys }) => keys(event).map((key) => ({ topic, key }))),
  );
  return [...new Map(touched.map((one) => [stateId(one), one])).values()];
}

/**
 * The records of one event, in the order of its projections and their keys. `held` is what each key says so far and is
 * moved on. A key that held nothing and is to hold nothing gives no record.
 */
export function projectStates(
  { event, position, states }: Projected,
  held: Map<string, ProjectedState>,
  open: OpenSealed,
): readonly ProjectedState[] {
  const records: ProjectedState[] = [];
  for (const projection of concerned(states, event)) {
    for (const key of projection.keys(event)) {
      const id = stateId({ topic: projection.topic, key });
      const before = held.get(id)?.value ?? undefined;
      const after = projection.project(key, before === undefined ? undefined : JSON.parse(before), event, open);
      if (before === undefined && after === undefined) continue;
      const record = { topic: projection.topic, key, value: after ? JSON.stringify(after) : null, position };
      held.set(id, record);
      records.push(record);
    }
  }
  return records;
}

function concerned(states: States, event: StoredEvent): States {
  return states.filter(({ types }) => types.includes(event.type));
}
