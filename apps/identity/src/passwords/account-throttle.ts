import { runSqlOf } from '#libs/event-store';
import type { RunSql } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';

/** Attempts on one account that are free; from then on each costs a pause, twice as long as the one before. */
export const FREE_ATTEMPTS = 5;
/** The first pause, and the longest: what a stranger who guesses can keep somebody out for. */
export const PAUSE_SECONDS = 30;
export const PAUSE_SECONDS_MAX = 900;
/** Without an attempt for so long, an account begins anew. */
export const FORGOTTEN_SECONDS = 3_600;
/** Rows that one call of {@link AccountThrottle.prune} deletes at most. */
const PRUNED_MAX = 1_000;

export type Admission = { readonly admitted: true } | { readonly admitted: false; readonly retryAfterSeconds: number };

/**
 * How often somebody may try a password on one account. In a table: a restart forgives nothing, and replicas count
 * together. An attempt counts before it is judged, so that many at once are no more than many one by one.
 */
@Injectable()
export class AccountThrottle {
  private readonly sql: RunSql;

  constructor(
    @Inject(EntityManager) em: EntityManager,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.sql = runSqlOf(em);
  }

  /** Counts one attempt on the account, or says how long none is let through. */
  async admit(account: string): Promise<Admission> {
    const now = this.clock.nowIso();
    const counted = `case when held.last_at < $2::timestamptz - make_interval(secs => $3) then 1 else held.attempts + 1 end`;
    const pause = `least($5 * power(2, least(${counted} - $4, 20)), $6)`;
    const rows = await this.sql(
      `insert into login_attempts_v1 as held (account, attempts, last_at) values ($1, 1, $2)
       on conflict (account) do update set attempts = ${counted}, last_at = $2,
         blocked_until = case when ${counted} >= $4 then $2::timestamptz + make_interval(secs => ${pause}) end
       where held.blocked_until is null or held.blocked_until <= $2
       returning attempts`,
      [account, now, FORGOTTEN_SECONDS, FREE_ATTEMPTS, PAUSE_SECONDS, PAUSE_SECONDS_MAX],
    );
    return rows.length > 0 ? { admitted: true } : this.waiting(account, now);
  }

  /** The password was right: what was counted before is forgiven. */
  async forgive(account: string): Promise<void> {
    await this.sql('delete from login_attempts_v1 where account = $1', [account]);
  }

  /** Forgets accounts that nobody has tried for long; bounded, so that it is called again and again. */
  async prune(): Promise<void> {
    await this.sql(
      `delete from login_attempts_v1 where account in (
         select account from login_attempts_v1 where last_at < $1::timestamptz - make_interval(secs => $2) limit $3)`,
      [this.clock.nowIso(), 2 * FORGOTTEN_SECONDS, PRUNED_MAX],
    );
  }

  private async waiting(account: string, now: string): Promise<Admission> {
    const [row] = await this.sql(
      `select ceil(extract(epoch from blocked_until - $2::timestamptz))::integer as seconds
       from login_attempts_v1 where account = $1`,
      [account, now],
    );
    return { admitted: false, retryAfterSeconds: Math.max(1, Number(row?.['seconds'] ?? 1)) };
  }
}
