import type { MacKey } from '#libs/bus';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** One publisher's time in office; every record it sends carries generation and epoch. */
export type Term = { readonly generation: number; readonly epoch: number; readonly restoring: boolean };

/** Who writes: goes into the envelope and the MAC of what is sent. */
export type Writer = {
  readonly service: string;
  readonly macKey: MacKey;
  /** By the clock that the readers of its watermarks go by. */
  readonly nowIso: () => string;
};

/** Draws the next epoch: no two terms of a generation have the same one. */
export async function beginTerm(em: EntityManager): Promise<Term> {
  const { rows } = await sql<Term>`update publisher set epoch = epoch + 1
    returning generation, epoch, restoring`.execute(em.getKysely());
  const [term] = rows;
  if (!term) throw new Error('The table publisher has lost its row.');
  return term;
}

/**
 * Says that the tables were put back to an earlier state (a backup). The next publisher then reads the topics, adopts
 * what is narrower there, and publishes all state again. The generation rises above the store's and `seen`.
 */
export async function announceRestore(em: EntityManager, seen = 0): Promise<void> {
  await sql`update publisher set generation = greatest(generation, ${seen}) + 1, restoring = true`.execute(
    em.getKysely(),
  );
}

/** The restore that this term began with is done. */
export async function endRestore(em: EntityManager, { generation }: Term): Promise<void> {
  await sql`update publisher set restoring = false where generation = ${generation}`.execute(em.getKysely());
}
