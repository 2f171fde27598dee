import { DomainError } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Takes the store's append lock until the transaction ends. It must be held before a position is drawn: PostgreSQL lets
 * it go after the commit is visible, so that whoever sees position n sees everything below it.
 * @throws DomainError `store/busy` after the role's `lock_timeout`.
 */
export async function takeAppendLock(tx: EntityManager): Promise<void> {
  try {
    await sql`select pg_advisory_xact_lock(hashtext('gatehouse-append'), hashtext(current_schema()))`.execute(
      tx.getKysely(),
    );
  } catch (error) {
    if (postgresCode(error) !== LOCK_NOT_AVAILABLE) throw error;
    throw new DomainError('store/busy', 'The store is busy; try again.');
  }
}

/** SQLSTATE of a failed statement. */
export function postgresCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
