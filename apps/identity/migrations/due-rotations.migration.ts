import { Migration } from '@mikro-orm/migrations';

/** Finds keys that are due to rotate without looking at all of them. */
export class DueRotations extends Migration {
  override up(): void {
    this.addSql(`
      create index key_list_v1_rotation on key_list_v1 ((body -> 'rotation' ->> 'nextAt'))
      where body -> 'rotation' ->> 'nextAt' is not null`);
  }
}
