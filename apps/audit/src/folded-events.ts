import type { StoredEvent } from '#libs/decider';
import type { EventStore, Recorded } from '#libs/event-store';

/** Events of one question to the store. */
const EVENTS_AT_ONCE = 500;

type Fold<State, Event extends StoredEvent> = {
  readonly types: readonly Event['type'][];
  readonly initial: State;
  /** An event that was taken in before changes nothing: two questions at one time may both read it. */
  after(state: State, recorded: Recorded<Event>): State;
};

/**
 * What events of some types, of which there are few, come to: folded in memory, further with each question, so that an
 * answer has all that was answered before it was asked for, of whichever replica.
 */
export class FoldedEvents<State extends { readonly position: number }, Event extends StoredEvent> {
  private held: State;

  constructor(
    private readonly store: EventStore,
    private readonly fold: Fold<State, Event>,
  ) {
    this.held = fold.initial;
  }

  /** As of now. @throws whatever the store throws: what was known before is no answer. */
  async now(): Promise<State> {
    const { types, after } = this.fold;
    // Asked first: what is written meanwhile is for the next question.
    const end = await this.store.position();
    for (let full = end > this.held.position; full;) {
      const afterPosition = this.held.position;
      const events = await this.store.read({ afterPosition, types, limit: EVENTS_AT_ONCE });
      full = events.length === EVENTS_AT_ONCE;
      for (const recorded of events) this.held = after(this.held, recorded as Recorded<Event>);
    }
    // Past everything else in between, so that it is not looked through again.
    if (end > this.held.position) this.held = { ...this.held, position: end };
    return this.held;
  }
}
