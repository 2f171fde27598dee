import type { ClickHouseClient } from '@clickhouse/client';
import { isTransient } from '../client/failure.js';
import { DATABASE_PLACEHOLDER, readMigrations, type MigrationFile } from './migration-file.js';
import { MigrationLedger } from './migration-ledger.js';
import { MigrationLock } from './migration-lock.js';

export type MigrateOptions = {
  readonly client: ClickHouseClient;
  /** Created if missing; letters, digits and underscores. */
  readonly database: string;
  /** Folder of `0001_name.sql` files. */
  readonly folder: string;
  /** How long to wait for another process that migrates. Default 60 000. */
  readonly waitMs?: number;
};

/** A migration that cannot be applied; the file's name is in the message. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused';
}

/**
 * Applies what is missing, in order, and answers the names of the files it applied. Safe from several processes at once.
 * ClickHouse has no transactions for this, so progress is kept per statement: after a crash at most the last one runs
 * again. Write each so that it may (`IF NOT EXISTS`).
 *
 * @throws MigrationRefused if a file was changed after it was applied, or numbered below one that was.
 */
export async function migrate({
  client,
  database,
  folder,
  waitMs = 60_000,
}: MigrateOptions): Promise<readonly string[]> {
  if (!/^[A-Za-z_]\w*$/.test(database))
    throw new MigrationRefused(`${JSON.stringify(database)} cannot name a database`);
  const files = await readMigrations(folder);
  await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
  const ledger = new MigrationLedger(client, database);
  return new MigrationLock(client, database).hold(waitMs, async (renew) => {
    await ledger.prepare();
    const applied = await ledger.read();
    const highest = Math.max(0, ...[...applied].filter(([, entry]) => entry.isComplete).map(([number]) => number));
    const done: string[] = [];
    for (const file of files) {
      const entry = applied.get(file.number);
      if (entry && entry.checksum !== file.checksum) {
        throw new MigrationRefused(
          `${file.name} was changed after it had been applied (as ${entry.name}); add a new file`,
        );
      }
      if (entry?.isComplete) continue;
      if (!entry && file.number < highest)
        throw new MigrationRefused(`${file.name} is numbered below one already applied`);
      await applyFile(client, database, file, entry?.statements ?? 0, ledger, renew);
      done.push(file.name);
    }
    return done;
  });
}

async function applyFile(
  client: ClickHouseClient,
  database: string,
  file: MigrationFile,
  from: number,
  ledger: MigrationLedger,
  renew: () => Promise<void>,
): Promise<void> {
  for (const [index, statement] of file.statements.entries()) {
    if (index < from) continue;
    await renew();
    try {
      await client.command({ query: statement.replaceAll(DATABASE_PLACEHOLDER, `\`${database}\``) });
    } catch (error) {
      if (isTransient(error)) throw error;
      throw new MigrationRefused(
        `${file.name}, statement ${index + 1}: ${error instanceof Error ? error.message : ''}`,
        {
          cause: error,
        },
      );
    }
    await ledger.note(file, index + 1);
  }
}
