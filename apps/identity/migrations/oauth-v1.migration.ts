import { Migration } from '@mikro-orm/migrations';

/**
 * What OAuth keeps for a while. Codes, refresh tokens, sessions and interactions are found by the digest of what is
 * presented, and their content is sealed under it: a row without the presented text opens nothing. A grant is what
 * somebody consented to; its id is no secret.
 */
export class OAuthV1 extends Migration {
  override up(): void {
    this.addSql(`
      create table oauth_artifacts_v1 (
        kind text not null,
        digest text not null,
        sealed text not null,
        grant_id text,
        account_id text,
        client_id text,
        session_uid text,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        consumed_at timestamptz,
        successor text,
        successor_digest text,
        primary key (kind, digest)
      )`);
    for (const column of ['grant_id', 'account_id', 'session_uid', 'expires_at']) {
      this.addSql(`create index oauth_artifacts_v1_${column} on oauth_artifacts_v1 (${column})`);
    }
    this.addSql(`
      create table oauth_grants_v1 (
        id text primary key,
        tenant_id text not null,
        account_id text not null,
        client_id text not null,
        content jsonb not null,
        created_at timestamptz not null,
        expires_at timestamptz not null
      )`);
    this.addSql('create index oauth_grants_v1_account on oauth_grants_v1 (tenant_id, account_id)');
    this.addSql('create index oauth_grants_v1_expires_at on oauth_grants_v1 (expires_at)');
    this.addSql(`
      create table oauth_replays_v1 (
        digest text primary key,
        expires_at timestamptz not null
      )`);
    this.addSql('create index oauth_replays_v1_expires_at on oauth_replays_v1 (expires_at)');
  }
}
