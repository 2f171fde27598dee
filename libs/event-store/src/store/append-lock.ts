import { DomainError } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

const LOCK_NOT_AVAILABLE = '55P03';
/** The pool's only way of saying that no connection became free in time. */
const POOL_EXHAUSTED = 'timeout exceeded when trying to connect';

/**
 * Takes the store's append lock until the transaction ends. It must be held before a position is drawn: PostgreSQL lets
 * it go after the commit is visible, so that whoever sees position n sees everything below it. Fails after the role's
 * `lock_timeout`.
 */
export async function takeAppendLock(tx: EntityManager): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('gatehouse-append'), hashtext(current_schema()))`.execute(
    tx.getKysely(),
  );
}

/** @throws DomainError `store/busy` where the work got neither the lock nor a connection in time. */
export async function orBusy<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!isBusy(error)) throw error;
    throw new DomainError('store/busy', 'The store is busy; try again.');
  }
}

function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.message === POOL_EXHAUSTED || ('code' in error && error.code === LOCK_NOT_AVAILABLE);
}
