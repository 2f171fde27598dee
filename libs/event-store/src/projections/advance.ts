import type { OpenSealed } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { EventReader } from '../aggregate.js';
import { selectAfter, selectHeads, toRecorded } from '../store/event-rows.js';
import type { ReadModel } from './read-model.js';

/** Events of one transaction of read models. */
export const PROJECTION_BATCH_MAX = 500;

/** What folding events takes. */
export type Folding = {
  readonly readers: ReadonlyMap<string, EventReader>;
  openAll(values: readonly unknown[], em: EntityManager): Promise<OpenSealed>;
};

/** One batch of one read model. True if there may be more. */
export async function advanceOne(tx: EntityManager, model: ReadModel, folding: Folding): Promise<boolean> {
  const from = await lockedPosition(tx, model.name);
  // Asked first: everything up to it is visible to the statements that follow.
  const { lastPosition } = await selectHeads(tx, []);
  if (from >= lastPosition) return false;
  const rows = await fold(tx, [{ model, from }], folding);
  const full = rows.length === PROJECTION_BATCH_MAX;
  await move(tx, [model.name], Math.max(rows.at(-1)?.position ?? 0, full ? 0 : lastPosition));
  return full;
}

/**
 * Brings the read models up to date that are no more than a batch behind, all in this transaction. Answers the others:
 * far behind, never begun, or in the hands of another transaction just now.
 */
export async function advanceTogether(
  tx: EntityManager,
  models: readonly ReadModel[],
  folding: Folding,
): Promise<readonly ReadModel[]> {
  // The last position is that of the statement's beginning: a row it had to wait for may be further, and is then done.
  const { rows: held } = await sql<{ name: string; position: string; last: string }>`
    select name, position, (select coalesce(max(position), 0) from events) as last from projections
    where name = any(${models.map(({ name }) => name)}) for update skip locked`.execute(tx.getKysely());
  const last = Number(held[0]?.last ?? 0);
  const positions = new Map(held.map(({ name, position }) => [name, Number(position)]));
  const near = models.filter(({ name }) => last - (positions.get(name) ?? -Infinity) <= PROJECTION_BATCH_MAX);
  const behind = near.flatMap((model) => {
    const from = positions.get(model.name) ?? 0;
    return from < last ? [{ model, from }] : [];
  });
  if (behind.length > 0) {
    const rows = await fold(tx, behind, folding);
    const names = behind.map(({ model }) => model.name);
    await move(tx, names, Math.max(last, rows.at(-1)?.position ?? 0));
  }
  return models.filter((model) => !near.includes(model));
}

type Behind = { readonly model: ReadModel; readonly from: number };

/** Applies the next events, each to those of the models that do not have it yet. */
async function fold(tx: EntityManager, behind: readonly Behind[], { readers, openAll }: Folding) {
  const first = Math.min(...behind.map(({ from }) => from));
  const types = [...new Set(behind.flatMap(({ model }) => model.types))];
  const rows = await selectAfter(tx, first, PROJECTION_BATCH_MAX, types);
  const recorded = rows.map((row) => toRecorded(row, readers));
  const open = await openAll(
    recorded.map(({ event }) => event.data),
    tx,
  );
  for (const one of recorded) {
    for (const { model, from } of behind) {
      if (one.position > from && model.types.includes(one.event.type)) await model.apply(tx, one, open);
    }
  }
  return recorded;
}

async function move(tx: EntityManager, names: readonly string[], position: number): Promise<void> {
  await sql`update projections set position = ${position} where name = any(${[...names]})`.execute(tx.getKysely());
}

/** Where a read model stands; nobody else moves it until the transaction ends. */
export async function lockedPosition(tx: EntityManager, name: string): Promise<number> {
  const db = tx.getKysely();
  const held = async () => {
    const { rows } = await sql<{ position: string }>`
      select position from projections where name = ${name} for update`.execute(db);
    return rows[0] && Number(rows[0].position);
  };
  const position = await held();
  if (position !== undefined) return position;
  await sql`insert into projections (name, position) values (${name}, 0) on conflict do nothing`.execute(db);
  return (await held()) ?? 0;
}
