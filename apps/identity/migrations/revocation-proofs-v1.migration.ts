import { Migration } from '@mikro-orm/migrations';

/** When each replica was first known to have applied what the store held at a position. */
export class RevocationProofsV1 extends Migration {
  override up(): void {
    this.addSql(`
      create table replica_reports_v1 (
        replica text primary key,
        service text not null,
        boot text not null,
        position bigint not null,
        reported_at timestamptz not null,
        stopped boolean not null
      )`);
    this.addSql(`
      create table revocation_proofs_v1 (
        key_id text not null,
        replica text not null,
        applied_at timestamptz not null,
        primary key (key_id, replica)
      )`);
    this.addSql(`
      create index key_list_v1_revoked on key_list_v1 (((body ->> 'revokedPosition')::bigint))
      where body ->> 'revokedPosition' is not null`);
  }
}
