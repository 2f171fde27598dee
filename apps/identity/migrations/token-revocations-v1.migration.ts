import { Migration } from '@mikro-orm/migrations';

/** Proofs of revocations of tokens beside those of keys; what is due to be forgotten; and how far the forgetting of keys is. */
export class TokenRevocationsV1 extends Migration {
  override up(): void {
    this.addSql('alter table revocation_proofs_v1 rename column key_id to about');
    this.addSql('alter table revocation_proofs_v1 add column position bigint not null default 0');
    this.addSql(`
      update revocation_proofs_v1 p set position = (k.body ->> 'revokedPosition')::bigint
      from key_list_v1 k where k.id = p.about and k.body ->> 'revokedPosition' is not null`);
    this.addSql("create index revocation_list_v1_position on revocation_list_v1 (((body ->> 'position')::bigint))");
    this.addSql("create index revocation_list_v1_until on revocation_list_v1 ((body ->> 'until'))");
    this.addSql("create index key_list_v1_expires on key_list_v1 ((body ->> 'expiresAt'), id)");
    this.addSql(`
      create table forgotten_keys_v1 (
        only_row boolean primary key default true check (only_row),
        expired_at text not null,
        key_id text not null
      )`);
  }
}
