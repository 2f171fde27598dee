import { revocationKey, topics } from '#libs/contracts';
import { runSqlOf } from '#libs/event-store';
import type { RunSql } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import type { Content } from './artifact-row.js';

/** What somebody let a client do. */
export type ConsentRow = {
  readonly id: string;
  readonly tenantId: string;
  readonly accountId: string;
  readonly clientId: string;
  readonly content: Content;
  readonly createdAt: string;
  readonly expiresAt: string;
};

const LIVES = `expires_at > $2 and not exists (select 1 from state_records r
  where r.topic = '${topics.identityState.name}' and r.key = '${revocationKey('grant', '')}' || g.id and r.value is not null)`;

/** Grants: consents of users to clients. Their ids name them, and open nothing. */
@Injectable()
export class GrantTable {
  private readonly sql: RunSql;

  constructor(
    @Inject(EntityManager) em: EntityManager,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.sql = runSqlOf(em);
  }

  async put(id: string, tenantId: string, content: Content, seconds: number): Promise<void> {
    const { accountId, clientId } = content;
    await this.sql(
      `insert into oauth_grants_v1 (id, tenant_id, account_id, client_id, content, created_at, expires_at)
       values ($1, $2, $3, $4, $5::jsonb, $6, $6::timestamptz + make_interval(secs => $7))
       on conflict (id) do update set content = excluded.content, expires_at = excluded.expires_at`,
      [id, tenantId, accountId, clientId, JSON.stringify(content), this.clock.nowIso(), seconds],
    );
  }

  /** Undefined where it is unknown, has expired or was revoked. */
  async find(id: string): Promise<ConsentRow | undefined> {
    const rows = await this.sql(`select g.* from oauth_grants_v1 g where id = $1 and ${LIVES}`, [
      id,
      this.clock.nowIso(),
    ]);
    return rows.map(toConsent)[0];
  }

  /** Of one account or, without, of everybody in the tenant; the youngest first, at most `limit` before `before`. */
  async list(tenantId: string, accountId: string | undefined, before: string, limit: number): Promise<ConsentRow[]> {
    const rows = await this.sql(
      `select g.* from oauth_grants_v1 g where tenant_id = $1 and ($3::text is null or account_id = $3)
         and (created_at, id) < (split_part($4, ' ', 1)::timestamptz, split_part($4, ' ', 2)) and ${LIVES}
       order by created_at desc, id desc limit $5`,
      [tenantId, this.clock.nowIso(), accountId ?? null, before, limit],
    );
    return rows.map(toConsent);
  }
}

/** Before everything that there is: where a list begins. */
export const LIST_BEGIN = '9999-01-01T00:00:00Z ~';

function toConsent(row: Record<string, unknown>): ConsentRow {
  const at = (name: string) => new Date(row[name] as Date).toISOString();
  return {
    id: String(row['id']),
    tenantId: String(row['tenant_id']),
    accountId: String(row['account_id']),
    clientId: String(row['client_id']),
    content: row['content'] as Content,
    createdAt: at('created_at'),
    expiresAt: at('expires_at'),
  };
}
