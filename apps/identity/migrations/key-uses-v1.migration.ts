import { Migration } from '@mikro-orm/migrations';

/** When keys were last used, to the minute, as audit tells it: a cache of what happened, and nothing to be replayed. */
export class KeyUsesV1 extends Migration {
  override up(): void {
    this.addSql(`
      create table key_uses_v1 (
        key_id text primary key,
        tenant_id text not null,
        used_at timestamptz not null
      )`);
  }
}
