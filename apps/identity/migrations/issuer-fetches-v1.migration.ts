import { Migration } from '@mikro-orm/migrations';

/** When identity asked each issuer for its keys, and how that went. Not events: nobody decides by it. */
export class IssuerFetchesV1 extends Migration {
  override up(): void {
    this.addSql(`
      create table issuer_fetches_v1 (
        issuer_id text primary key,
        attempted_at timestamptz,
        fetched_at timestamptz,
        last_error text,
        failures integer not null default 0,
        next_at timestamptz not null
      )`);
  }
}
