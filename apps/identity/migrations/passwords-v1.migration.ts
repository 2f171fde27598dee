import { Migration } from '@mikro-orm/migrations';

/** Hashes of passwords, and how often somebody tried lately. No event has either. */
export class PasswordsV1 extends Migration {
  override up(): void {
    this.addSql(`
      create table passwords_v1 (
        user_id text primary key,
        hash text not null,
        changed_at timestamptz not null
      )`);
    this.addSql(`
      create table login_attempts_v1 (
        account text primary key,
        attempts integer not null,
        last_at timestamptz not null,
        blocked_until timestamptz
      )`);
    this.addSql('create index login_attempts_v1_age on login_attempts_v1 (last_at)');
  }
}
