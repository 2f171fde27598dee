import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { AnyStep } from '../event-store.js';

type Loadable = Pick<AnyStep, 'stream' | 'aggregate'>;
/** A step with what it came to. */
type Decided = {
  readonly step: AnyStep;
  readonly basedOn: number;
  readonly events: readonly unknown[];
  readonly state: unknown;
};
type Snapshot = { readonly state: unknown; readonly version: number };

/** The newest snapshot of each stream that has one of the shape that is read today. */
export async function selectSnapshots(
  em: EntityManager,
  wanted: readonly Loadable[],
): Promise<ReadonlyMap<string, Snapshot>> {
  const shapes = new Map(
    wanted.flatMap(({ stream, aggregate: { snapshots } }) => (snapshots ? [[stream, snapshots]] : [])),
  );
  if (shapes.size === 0) return new Map();
  const { rows } = await sql<{ stream: string; name: string; version: number; state: unknown }>`
    select stream, name, version, state from stream_snapshots where stream = any(${[...shapes.keys()]})
  `.execute(em.getKysely());
  return new Map(
    rows.flatMap(({ stream, name, version, state }) => {
      const shape = shapes.get(stream);
      return shape?.name === name ? [[stream, { state: shape.read(state), version }]] : [];
    }),
  );
}

/** Keeps the state of the streams that have completed enough events; in their transaction, under the append lock. */
export async function writeSnapshots(tx: EntityManager, steps: readonly Decided[]): Promise<void> {
  for (const { step, basedOn, events, state } of steps) {
    const { snapshots } = step.aggregate;
    const version = basedOn + events.length;
    if (!snapshots || Math.floor(version / snapshots.everyEvents) === Math.floor(basedOn / snapshots.everyEvents))
      continue;
    const written = JSON.stringify(snapshots.write(state as never));
    await sql`
      insert into stream_snapshots (stream, name, version, state)
      values (${step.stream}, ${snapshots.name}, ${version}, ${written}::jsonb)
      on conflict (stream) do update set name = excluded.name, version = excluded.version, state = excluded.state
    `.execute(tx.getKysely());
  }
}
