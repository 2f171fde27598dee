import { Migration } from '@mikro-orm/migrations';
import { listTableSql } from './lists-v1.migration.js';

/** The list of invitations, and by when the open ones expire. */
export class InvitationListV1 extends Migration {
  override up(): void {
    for (const statement of listTableSql('invitation_list_v1')) this.addSql(statement);
    this.addSql(`
      create index invitation_list_v1_expires on invitation_list_v1 ((body ->> 'expiresAt'))
      where body ->> 'status' = 'open'`);
  }
}
