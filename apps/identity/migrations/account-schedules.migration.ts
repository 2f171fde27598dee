import { Migration } from '@mikro-orm/migrations';

/** Finds virtual accounts whose keys rotate together, and the keys of each, without looking at all of them. */
export class AccountSchedules extends Migration {
  override up(): void {
    this.addSql(`
      create index virtual_account_list_v1_rotation on virtual_account_list_v1 (tenant_id, id)
      where body -> 'rotation' is not null`);
    this.addSql(`create index key_list_v1_owner on key_list_v1 ((body ->> 'ownerId'))`);
  }
}
