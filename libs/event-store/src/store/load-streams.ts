import type { EntityManager } from '@mikro-orm/postgresql';
import type { AnyStep } from '../event-store.js';
import { readerOf, readersOf } from './event-readers.js';
import { selectStreams, type StreamRow } from './event-rows.js';
import { selectSnapshots } from './snapshots.js';
import type { Remembered, StreamMemory } from './stream-memory.js';

export type Stream = { readonly state: unknown; readonly version: number };
type Loadable = Pick<AnyStep, 'stream' | 'aggregate'>;

/**
 * State and version of each stream: what is remembered of it, or its snapshot, and the events after that. Either counts
 * only where the event that it ends with is still that event; the stream is loaded whole where it is not.
 */
export async function loadStreams(
  em: EntityManager,
  wanted: readonly Loadable[],
  memory: StreamMemory,
): Promise<Map<string, Stream>> {
  const each = [...new Map(wanted.map((one) => [one.stream, one])).values()];
  const known = await knownOf(em, each, memory);
  const rows = await rowsOf(em, each, known);
  const doubted = each.filter(({ stream }) => !isTrue(known.get(stream), rows.get(stream)));
  for (const { stream } of doubted) {
    memory.forget(stream);
    known.delete(stream);
  }
  if (doubted.length > 0) for (const [stream, all] of await rowsOf(em, doubted, known)) rows.set(stream, all);
  return new Map(
    each.map((one) => {
      const folded = fold(one, known.get(one.stream), rows.get(one.stream) ?? []);
      const { state, version, digest } = folded;
      if (one.aggregate.snapshots && digest !== undefined) memory.keep(one.stream, { state, version, digest });
      return [one.stream, { state, version }];
    }),
  );
}

async function knownOf(em: EntityManager, wanted: readonly Loadable[], memory: StreamMemory) {
  const remembered = wanted.flatMap(({ stream }) => {
    const one = memory.get(stream);
    return one ? [[stream, one] as const] : [];
  });
  const known = new Map<string, Remembered>(remembered);
  const others = wanted.filter(({ stream }) => !known.has(stream));
  return new Map([...known, ...(await selectSnapshots(em, others))]);
}

async function rowsOf(em: EntityManager, wanted: readonly Loadable[], known: ReadonlyMap<string, Remembered>) {
  const rows = await selectStreams(
    em,
    wanted.map(({ stream, aggregate }) => ({
      stream,
      from: known.get(stream)?.version ?? 0,
      digests: aggregate.snapshots !== undefined,
    })),
  );
  return Map.groupBy(rows, ({ stream }) => stream);
}

function isTrue(known: Remembered | undefined, rows: readonly StreamRow[] | undefined): boolean {
  if (!known) return true;
  const last = rows?.[0];
  return last?.version === known.version && last.digest === known.digest;
}

function fold({ aggregate }: Loadable, known: Remembered | undefined, rows: readonly StreamRow[]) {
  const readers = readersOf(aggregate);
  const { initialState, evolve } = aggregate.decider;
  const after = known ? rows.slice(1) : rows;
  let state = known ? known.state : initialState();
  for (const { type, schema_version: version, data } of after) {
    state = evolve(state, readerOf(readers, type).read({ type, version, data }));
  }
  const last = rows.at(-1);
  return { state, version: last?.version ?? 0, digest: last?.digest ?? undefined };
}
