import type { StoredEvent } from './event.js';

/**
 * A decider: commands in, events out, without I/O. Time, ids and MACs come in the command.
 * `decide` throws `DomainError` when the command is refused, and returns no event when there is nothing to change.
 */
export type Decider<State, Command, Event extends StoredEvent> = {
  initialState(): State;
  decide(command: Command, state: State): readonly Event[];
  evolve(state: State, event: Event): State;
};

/** The state after `events`, in their order. */
export function fold<State, Event extends StoredEvent>(
  decider: Pick<Decider<State, never, Event>, 'initialState' | 'evolve'>,
  events: Iterable<Event>,
): State {
  let state = decider.initialState();
  for (const event of events) state = decider.evolve(state, event);
  return state;
}
