import type { EntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';

/** Runs one statement with `$1`… parameters on the service's schema, and answers its rows. */
export type RunStatement = (sql: string, parameters: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;

/** Statements outside any transaction. */
export function runSqlOf(em: EntityManager): RunStatement {
  return (sql, parameters) => runSqlIn(em.fork())(sql, parameters);
}

/** Statements in the transaction that `tx` is of. */
export function runSqlIn(tx: EntityManager): RunStatement {
  return async (sql, parameters) => {
    const { rows } = await tx.getKysely().executeQuery(CompiledQuery.raw(sql, [...parameters]));
    return rows as Record<string, unknown>[];
  };
}
