import type { AnyStep } from '../event-store.js';
import type { EventReader } from '../aggregate.js';

/** An aggregate's readers, by the type of event. */
export function readersOf({ events }: AnyStep['aggregate']): ReadonlyMap<string, EventReader> {
  return new Map(events.map((reader) => [reader.type, reader]));
}

/** @throws Error for a type that the aggregate does not declare. */
export function readerOf(readers: ReadonlyMap<string, EventReader>, type: string): EventReader {
  const reader = readers.get(type);
  if (!reader) throw new Error(`The aggregate does not declare the event ${type}.`);
  return reader;
}
