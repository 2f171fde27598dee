import { Migration } from '@mikro-orm/migrations';

/** Keys that tokens are signed with; the private part sealed. What a key does now follows from its times. */
export class SigningKeysV1 extends Migration {
  override up(): void {
    this.addSql(`
      create table signing_keys_v1 (
        kid text primary key,
        public_jwk jsonb not null,
        sealed text not null,
        created_at timestamptz not null,
        signs_from timestamptz not null,
        published_until timestamptz
      )`);
  }
}
