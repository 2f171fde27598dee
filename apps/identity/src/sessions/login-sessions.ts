import { runSqlOf, type Context } from '#libs/event-store';
import type { RunSql } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { GrantEnds } from '../oauth/grant-ends.js';
import type { Interaction } from '../oauth/interactions/pending.js';

/** A login in a browser. Its id names it, and is not what the browser presents. */
export type LoginSession = {
  readonly id: string;
  readonly tenantId: string;
  readonly accountId: string;
  readonly createdAt: string;
  readonly expiresAt: string;
};

/** Sessions that are looked at in one list; each is of an hour or a day, so that nobody has more. */
export const SESSIONS_LISTED_MAX = 200;

/** Logins in browsers: listed by whose they are, and ended together with every token that came of them. */
@Injectable()
export class LoginSessions {
  private readonly sql: RunSql;

  constructor(
    @Inject(EntityManager) em: EntityManager,
    @Inject(GrantEnds) private readonly ends: GrantEnds,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.sql = runSqlOf(em);
  }

  /** Of one user or, without, of everybody of the tenant; the youngest first. */
  async list(tenantId: string, accountId: string | undefined): Promise<LoginSession[]> {
    const rows = await this.sql(
      `${SELECT} and u.tenant_id = $2 and ($3::text is null or a.account_id = $3)
       order by a.created_at desc limit ${SESSIONS_LISTED_MAX}`,
      [this.clock.nowIso(), tenantId, accountId ?? null],
    );
    return rows.map(toSession);
  }

  /** Undefined where there is none, or it is of another tenant than the one given. */
  async find(id: string, tenantId: string | undefined): Promise<LoginSession | undefined> {
    const rows = await this.sql(`${SELECT} and a.session_uid = $2 and ($3::text is null or u.tenant_id = $3)`, [
      this.clock.nowIso(),
      id,
      tenantId ?? null,
    ]);
    return rows.map(toSession)[0];
  }

  /** @returns the position to wait for until no replica accepts its tokens. */
  async end({ id, tenantId }: LoginSession, context?: Context): Promise<{ position: number }> {
    return this.ends.end({ kind: 'session', id, tenantId }, context);
  }

  /** Ends the session that an interaction began in, so that it goes on in a new one. */
  async leave(interaction: Interaction): Promise<void> {
    const { session } = interaction;
    const known = session && (await this.find(session.uid, undefined));
    if (known) await this.end(known);
    delete interaction.session;
    await interaction.persist();
  }
}

const SELECT = `
  select a.session_uid, a.account_id, a.created_at, a.expires_at, u.tenant_id from oauth_artifacts_v1 a
  join user_list_v1 u on u.id = a.account_id where a.kind = 'Session' and a.expires_at > $1`;

function toSession(row: Record<string, unknown>): LoginSession {
  const at = (name: string) => new Date(row[name] as Date).toISOString();
  return {
    id: String(row['session_uid']),
    tenantId: String(row['tenant_id']),
    accountId: String(row['account_id']),
    createdAt: at('created_at'),
    expiresAt: at('expires_at'),
  };
}
