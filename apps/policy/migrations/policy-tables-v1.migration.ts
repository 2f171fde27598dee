import { Migration } from '@mikro-orm/migrations';

/** Every version of every document, the list of revisions, and the tenants' wrapped data keys. */
export class PolicyTablesV1 extends Migration {
  override up(): void {
    this.addSql(`
      create table document_history_v1 (
        tenant_id text not null,
        kind text not null,
        name text collate "C" not null,
        revision bigint not null,
        digest text,
        document jsonb,
        free_text jsonb,
        primary key (tenant_id, kind, name, revision)
      )`);
    this.addSql(`
      create table revision_list_v1 (
        tenant_id text not null,
        revision bigint not null,
        body jsonb not null,
        primary key (tenant_id, revision)
      )`);
    this.addSql(`create table tenant_data_keys (tenant_id text primary key, data_key text not null)`);
  }
}
