import { Migration } from '@mikro-orm/migrations';

const LISTS = ['tenant_list_v1', 'user_list_v1', 'team_list_v1', 'virtual_account_list_v1', 'key_list_v1'];

/** The table behind one of identity's lists: rows as JSON, found by id, paged by the position of their first event. */
export function listTableSql(name: string): readonly string[] {
  return [
    `create table ${name} (
      id text primary key,
      tenant_id text not null,
      version bigint not null,
      position bigint not null,
      body jsonb not null
    )`,
    `create index ${name}_page on ${name} (tenant_id, position)`,
    `create index ${name}_body on ${name} using gin (body jsonb_path_ops)`,
  ];
}

export class ListsV1 extends Migration {
  override up(): void {
    for (const name of LISTS) for (const statement of listTableSql(name)) this.addSql(statement);
  }
}
