import type { EntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';

/** Runs one statement with `$1`… parameters on the service's schema, outside any transaction, and answers its rows. */
export function runSqlOf(em: EntityManager) {
  return async (sql: string, parameters: readonly unknown[]): Promise<readonly Record<string, unknown>[]> => {
    const query = CompiledQuery.raw(sql, [...parameters]);
    const { rows } = await em.fork().getKysely().executeQuery(query);
    return rows as Record<string, unknown>[];
  };
}
