import { DomainError, type StoredEvent } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { EventReader } from '../aggregate.js';
import type { AnyStep } from '../event-store.js';
import { selectStreams } from './event-rows.js';
import { selectSnapshots } from './snapshots.js';

/** A step with what it decided, and the version that it decided on. */
export type DecidedStep = {
  readonly step: AnyStep;
  readonly basedOn: number;
  readonly events: readonly StoredEvent[];
  readonly state: unknown;
};

type Stream = { state: unknown; version: number };
type Loadable = Pick<AnyStep, 'stream' | 'aggregate'>;

/** Loads the streams of all steps with one query and decides them in order; a later one sees a former one's events. */
export async function decideSteps(em: EntityManager, steps: readonly AnyStep[]): Promise<readonly DecidedStep[]> {
  const streams = await loadStreams(em, steps);
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

/** State and version of each stream. */
export async function loadStreams(em: EntityManager, wanted: readonly Loadable[]): Promise<Map<string, Stream>> {
  const snapshots = await selectSnapshots(em, wanted);
  const streams = [...new Set(wanted.map(({ stream }) => stream))];
  const rows = await selectStreams(
    em,
    streams.map((stream) => ({ stream, after: snapshots.get(stream)?.version ?? 0 })),
  );
  const byStream = Map.groupBy(rows, ({ stream }) => stream);
  return new Map(
    wanted.map(({ stream, aggregate }) => {
      const readers = new Map(aggregate.events.map((reader) => [reader.type, reader]));
      const stored = byStream.get(stream) ?? [];
      const events = stored.map((row) =>
        readerOf(readers, row.type).read({ type: row.type, version: row.schema_version, data: row.data }),
      );
      const from = snapshots.get(stream) ?? { state: aggregate.decider.initialState(), version: 0 };
      const { evolve } = aggregate.decider;
      const state = events.reduce((held, event) => evolve(held, event), from.state);
      return [stream, { state, version: stored.at(-1)?.version ?? from.version }];
    }),
  );
}

/** What is written must be readable, in today's version: an event that is not is a defect and must not get in. */
function checked({ aggregate }: AnyStep, event: StoredEvent): StoredEvent {
  const readers = new Map(aggregate.events.map((reader) => [reader.type, reader]));
  const reader = readerOf(readers, event.type);
  if (event.version !== reader.version)
    throw new Error(`${event.type} v${event.version} is not what is written today.`);
  return reader.read(event);
}

function readerOf(readers: ReadonlyMap<string, EventReader>, type: string): EventReader {
  const reader = readers.get(type);
  if (!reader) throw new Error(`The aggregate does not declare the event ${type}.`);
  return reader;
}
