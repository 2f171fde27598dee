import type { EntityManager } from '@mikro-orm/postgresql';
import { sql, type RawBuilder } from 'kysely';
import type { AnyStep } from '../event-store.js';
import type { Remembered } from './stream-memory.js';

type Loadable = Pick<AnyStep, 'stream' | 'aggregate'>;
/** A step with what it came to. */
type Decided = {
  readonly step: AnyStep;
  readonly basedOn: number;
  readonly events: readonly unknown[];
  readonly state: unknown;
};
type Row = { stream: string; name: string; version: number; state: unknown; digest: string };

/** Of texts that PostgreSQL writes itself, so that it can be asked again. */
export const sha256Of = (text: RawBuilder<unknown>) => sql<string>`encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`;

/**
 * The newest snapshot of each stream that has one of the shape that is read today, and that is still what was written with
 * the event that it ends with. Any other is passed over: the events tell it anew.
 */
export async function selectSnapshots(
  em: EntityManager,
  wanted: readonly Loadable[],
): Promise<ReadonlyMap<string, Remembered>> {
  const shapes = new Map(
    wanted.flatMap(({ stream, aggregate: { snapshots } }) => (snapshots ? [[stream, snapshots]] : [])),
  );
  if (shapes.size === 0) return new Map();
  const { rows } = await sql<Row>`
    select s.stream, s.name, s.version, s.state, ${sha256Of(sql`e.data::text`)} as digest
    from stream_snapshots s join events e on e.stream = s.stream and e.version = s.version
    where s.stream = any(${[...shapes.keys()]}) and s.digest = ${sha256Of(sql`s.state::text || e.data::text`)}
  `.execute(em.getKysely());
  return new Map(
    rows.flatMap(({ stream, name, version, state, digest }) => {
      const shape = shapes.get(stream);
      return shape?.name === name ? [[stream, { state: shape.read(state), version, digest }]] : [];
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
      insert into stream_snapshots (stream, name, version, state, digest)
      select stream, ${snapshots.name}, version, ${written}::jsonb,
        ${sha256Of(sql`${written}::jsonb::text || data::text`)}
      from events where stream = ${step.stream} and version = ${version}
      on conflict (stream) do update set
        name = excluded.name, version = excluded.version, state = excluded.state, digest = excluded.digest
    `.execute(tx.getKysely());
  }
}
