import { revocationKey, topics } from '#libs/contracts';
import { runSqlOf } from '#libs/event-store';
import type { RunSql } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { placesOf, type ArtifactKind, type ArtifactRow, type Content } from './artifact-row.js';
import { digestOf, openContent, openSuccessor, sealContent, sealSuccessor } from './artifact-seal.js';

/** A refresh token that comes again within so long is a retry of a client that missed the answer, seconds. */
export const REFRESH_GRACE_SECONDS = 10;

const STATE = topics.identityState.name;

/**
 * Not revoked: neither its grant, nor its session, nor everything of its account until it was made. The state records
 * are written in the transaction of the event, so that nothing of a dead grant lives on where a process died in between.
 */
const LIVES = `not exists (
  select 1 from state_records r where r.topic = '${STATE}' and r.value is not null
  and r.key in ('${revocationKey('grant', '')}' || a.grant_id, '${revocationKey('session', '')}' || a.session_uid,
    '${revocationKey('principal', '')}' || a.account_id)
  and (r.key not like '${revocationKey('principal', '')}%'
    or date_trunc('second', a.created_at) <= (r.value::jsonb ->> 'at')::timestamptz))`;

/** Codes, refresh tokens, opaque tokens, sessions and interactions, by the digest of what is presented. */
@Injectable()
export class ArtifactTable {
  private readonly sql: RunSql;

  constructor(
    @Inject(EntityManager) em: EntityManager,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.sql = runSqlOf(em);
  }

  async put(kind: ArtifactKind, presented: string, content: Content, seconds: number): Promise<void> {
    await this.sql(
      `insert into oauth_artifacts_v1 as a
         (kind, digest, sealed, grant_id, account_id, client_id, session_uid, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $8::timestamptz + make_interval(secs => $9))
       on conflict (kind, digest) do update set sealed = excluded.sealed, account_id = excluded.account_id,
         session_uid = excluded.session_uid, expires_at = excluded.expires_at`,
      this.valuesOf(kind, presented, content, seconds),
    );
  }

  /** The content, with `consumed` if it was; undefined where nothing is found, or it has been revoked or has expired. */
  async find(kind: ArtifactKind, presented: string): Promise<Content | undefined> {
    const [row] = (await this.sql(
      `select a.sealed, a.consumed_at, a.successor,
         a.consumed_at > $3::timestamptz - make_interval(secs => $4) and s.digest is not null as is_retry
       from oauth_artifacts_v1 a
       left join oauth_artifacts_v1 s on s.kind = a.kind and s.digest = a.successor_digest and s.consumed_at is null
       where a.kind = $1 and a.digest = $2 and a.expires_at > $3 and ${LIVES}`,
      [kind, digestOf(presented), this.clock.nowIso(), REFRESH_GRACE_SECONDS],
    )) as unknown as ArtifactRow[];
    if (!row) return undefined;
    const content = openContent(kind, presented, row.sealed);
    if (row.consumed_at === null || row.is_retry) return content;
    return { ...content, consumed: Math.floor(new Date(row.consumed_at).getTime() / 1_000) };
  }

  /** Of a session that is named and not presented: whose it is, and nothing that its holder has. */
  async sessionByUid(uid: string): Promise<Content | undefined> {
    const [row] = await this.sql(
      `select account_id, created_at, expires_at from oauth_artifacts_v1 a
       where kind = 'Session' and session_uid = $1 and expires_at > $2 and ${LIVES}`,
      [uid, this.clock.nowIso()],
    );
    if (!row) return undefined;
    const seconds = (name: string) => Math.floor(new Date(row[name] as Date).getTime() / 1_000);
    const account = row['account_id'];
    const holder = typeof account === 'string' ? { accountId: account } : {};
    return { kind: 'Session', uid, ...holder, iat: seconds('created_at'), exp: seconds('expires_at') };
  }

  /** Whether this call was the one that consumed it: of many at once, one. */
  async consume(kind: ArtifactKind, presented: string): Promise<boolean> {
    const rows = await this.sql(
      `update oauth_artifacts_v1 a set consumed_at = $3
       where kind = $1 and digest = $2 and consumed_at is null and ${LIVES} returning 1`,
      [kind, digestOf(presented), this.clock.nowIso()],
    );
    return rows.length > 0;
  }

  /**
   * Consumes a refresh token and stores the one that takes over, both or neither. Answers what took over: for one of many
   * at once its own `next`, for the others, and for a retry, that of the one; undefined where it may not be told.
   */
  async rotate(presented: string, next: string, content: Content, seconds: number): Promise<string | undefined> {
    const rows = await this.sql(
      `with used as (
         update oauth_artifacts_v1 a set consumed_at = $8, successor = $11, successor_digest = $2
         where kind = $1 and digest = $10 and consumed_at is null and ${LIVES} returning 1)
       insert into oauth_artifacts_v1
         (kind, digest, sealed, grant_id, account_id, client_id, session_uid, created_at, expires_at)
       select $1, $2, $3, $4, $5, $6, $7, $8::timestamptz, $8::timestamptz + make_interval(secs => $9) from used
       returning 1`,
      [...this.valuesOf('RefreshToken', next, content, seconds), digestOf(presented), sealSuccessor(presented, next)],
    );
    return rows.length > 0 ? next : this.successorOf(presented);
  }

  async remove(kind: ArtifactKind, presented: string): Promise<void> {
    await this.sql('delete from oauth_artifacts_v1 where kind = $1 and digest = $2', [kind, digestOf(presented)]);
  }

  private async successorOf(presented: string): Promise<string | undefined> {
    const [row] = await this.sql(
      `select successor from oauth_artifacts_v1 a where kind = 'RefreshToken' and digest = $1
         and consumed_at > $2::timestamptz - make_interval(secs => $3) and ${LIVES}`,
      [digestOf(presented), this.clock.nowIso(), REFRESH_GRACE_SECONDS],
    );
    const sealed = row?.['successor'];
    return typeof sealed === 'string' ? openSuccessor(presented, sealed) : undefined;
  }

  private valuesOf(kind: ArtifactKind, presented: string, content: Content, seconds: number): unknown[] {
    const sealed = sealContent(kind, presented, content);
    return [kind, digestOf(presented), sealed, ...placesOf(kind, content), this.clock.nowIso(), seconds];
  }
}
