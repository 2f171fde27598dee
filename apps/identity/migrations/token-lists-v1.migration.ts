import { Migration } from '@mikro-orm/migrations';
import { listTableSql } from './lists-v1.migration.js';

/** The lists of OAuth clients, issuers and revocations. */
export class TokenListsV1 extends Migration {
  override up(): void {
    for (const name of ['oauth_client_list_v1', 'issuer_list_v1', 'revocation_list_v1']) {
      for (const statement of listTableSql(name)) this.addSql(statement);
    }
  }
}
