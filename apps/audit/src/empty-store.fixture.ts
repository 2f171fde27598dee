import { EventStore, SubjectKeys, type Aggregate } from '#libs/event-store';
import type { StoredEvent } from '#libs/decider';

/** An event store without any event, and that takes none: for specs about something else. */
export class EmptyStore extends EventStore {
  override execute = this.refuse;
  override executeAll = this.refuse;
  override publish = this.refuse;
  override position = () => Promise.resolve(0);
  override read = () => Promise.resolve([]);
  override load = <State, Event extends StoredEvent>({ decider }: Aggregate<State, never, Event>) =>
    Promise.resolve({ state: decider.initialState(), version: 0 });

  private refuse(): Promise<never> {
    return Promise.reject(new Error('nothing is written in this spec'));
  }
}

/** The keys of a store without any text. */
export class EmptySubjectKeys extends SubjectKeys {
  override seal = (): Promise<never> => Promise.reject(new Error('nothing is written in this spec'));
  override open = () => Promise.resolve(undefined);
  override openAll = () => Promise.resolve(() => undefined);
  override erase = () => Promise.resolve();
  override eraseThose = () => Promise.resolve([]);
}
