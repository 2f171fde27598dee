import type { MigrationObject } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import { openAsOwner, type DatabaseOptions } from './database.js';
import { EventStoreTables } from './event-store-tables.migration.js';
import { RunningRole } from './running-role.migration.js';
import { SnapshotDigests } from './snapshot-digests.migration.js';
import { StreamSnapshots } from './stream-snapshots.migration.js';
import { checkedSchema } from './schema-name.js';

const ownMigrations: readonly MigrationObject[] = [
  { name: 'Migration00000000000001_event_store', class: EventStoreTables },
  { name: 'Migration00000000000002_running_role', class: RunningRole },
  { name: 'Migration00000000000003_stream_snapshots', class: StreamSnapshots },
  { name: 'Migration00000000000004_snapshot_digests', class: SnapshotDigests },
];

/**
 * Brings the schema up to date: the store's own tables, then `migrations` in their order, as the URL's user. Processes
 * that start together take turns. A migration runs once; its tables are granted to the running role by default.
 */
export async function migrate(options: DatabaseOptions, migrations: readonly MigrationObject[]): Promise<void> {
  const orm = await openAsOwner(options, {
    extensions: [Migrator],
    migrations: {
      migrationsList: [...ownMigrations, ...migrations],
      tableName: 'migrations',
      snapshot: false,
      silent: true,
    },
  });
  try {
    const pool = await orm.em.getDriver().getConnection().getNativeClient();
    const turn = await pool.connect();
    try {
      await turn.query(`select pg_advisory_lock(hashtext('gatehouse-migrations'), hashtext($1))`, [options.schema]);
      await turn.query(`create schema if not exists ${checkedSchema(options.schema)}`);
      await orm.migrator.up();
    } finally {
      // Ends the session, and with it the lock.
      turn.release(true);
    }
  } finally {
    await orm.close(true);
  }
}
