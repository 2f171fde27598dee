import { Migration } from '@mikro-orm/migrations';
import { sql } from 'kysely';
import type { ReadModel } from '../projections/read-model.js';
import type { KeyEvent } from './key-aggregate.fixture.js';

/** The table of {@link keyList}. */
export class KeyListTable extends Migration {
  override up(): void {
    for (const version of [1, 2]) {
      this.addSql(`create table key_list_v${version} (
        key_id text primary key, name text, status text not null, used_at_position bigint)`);
    }
  }
}

/** A list of keys as an admin API would show it; `version` names its table. */
export const keyList = (version: 1 | 2): ReadModel<KeyEvent> => {
  const table = sql.table(`key_list_v${version}`);
  return {
    name: `key_list_v${version}`,
    types: ['spec.key.issued', 'spec.key.used', 'spec.key.revoked'],
    apply: async (tx, { event, position }, open) => {
      const { keyId } = event.data;
      const db = tx.getKysely();
      if (event.type === 'spec.key.issued') {
        await sql`insert into ${table} (key_id, name, status)
          values (${keyId}, ${open(event.data.name) ?? null}, 'active')
          on conflict (key_id) do update set name = excluded.name, status = 'active', used_at_position = null`.execute(
          db,
        );
      } else if (event.type === 'spec.key.used') {
        await sql`update ${table} set used_at_position = ${position} where key_id = ${keyId}`.execute(db);
      } else {
        await sql`update ${table} set status = 'revoked' where key_id = ${keyId}`.execute(db);
      }
    },
    truncate: async (tx) => {
      await sql`truncate ${table}`.execute(tx.getKysely());
    },
  };
};
