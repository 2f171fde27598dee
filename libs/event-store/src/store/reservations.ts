import { DomainError } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { Reservation } from '../event-store.js';

/** Lets names go; one that another stream holds stays. */
export async function release(tx: EntityManager, stream: string, names: readonly Reservation[]): Promise<void> {
  for (const { scope, name } of names) {
    await sql`delete from reservations where scope = ${scope} and name = ${name} and stream = ${stream}`.execute(
      tx.getKysely(),
    );
  }
}

/** Takes names for a stream; one that it holds already is fine. @throws DomainError `name/taken` or the refusal given. */
export async function reserve(tx: EntityManager, stream: string, names: readonly Reservation[]): Promise<void> {
  for (const { scope, name, refusal } of names) {
    const { rows } = await sql<{ stream: string }>`
      insert into reservations (scope, name, stream) values (${scope}, ${name}, ${stream})
      on conflict (scope, name) do update set stream = reservations.stream
      returning stream`.execute(tx.getKysely());
    if (rows[0]?.stream !== stream) throw refusal ?? new DomainError('name/taken', 'The name is taken.');
  }
}
