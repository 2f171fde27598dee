import { DomainError, type StoredEvent } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { AnyStep } from '../event-store.js';
import { readerOf, readersOf } from './event-readers.js';
import { loadStreams } from './load-streams.js';
import type { StreamMemory } from './stream-memory.js';

/** A step with what it decided, and the version that it decided on. */
export type DecidedStep = {
  readonly step: AnyStep;
  readonly basedOn: number;
  readonly events: readonly StoredEvent[];
  readonly state: unknown;
};

/** Loads the streams of all steps together and decides them in order; a later one sees a former one's events. */
export async function decideSteps(
  em: EntityManager,
  steps: readonly AnyStep[],
  memory: StreamMemory,
): Promise<readonly DecidedStep[]> {
  const streams = await loadStreams(em, steps, memory);
  return steps.map((step) => {
    const { state, version } = streams.get(step.stream) ?? { state: undefined, version: 0 };
    const { expectedVersion } = step.options;
    if (expectedVersion !== undefined && expectedVersion !== version) {
      throw new DomainError('precondition/failed', 'It has been changed in the meantime; read it again.');
    }
    const events = step.decide(state).map((event) => checked(step, event));
    const after = events.reduce((held, event) => step.aggregate.decider.evolve(held, event), state);
    streams.set(step.stream, { state: after, version: version + events.length });
    return { step, basedOn: version, events, state: after };
  });
}

/** What is written must be readable, in today's version: an event that is not is a defect and must not get in. */
function checked({ aggregate }: AnyStep, event: StoredEvent): StoredEvent {
  const reader = readerOf(readersOf(aggregate), event.type);
  if (event.version !== reader.version)
    throw new Error(`${event.type} v${event.version} is not what is written today.`);
  return reader.read(event);
}
