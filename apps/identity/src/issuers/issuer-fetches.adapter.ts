import type { IssuerKeySource } from '#libs/contracts';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import type { KeySetFaultCode } from './key-set-fault.js';

/** Nobody asks one issuer more often, whoever is in a hurry. */
export const FETCHED_AGAIN_AFTER_MS = 30_000;

/** How the last attempts went. */
export type IssuerFetch = { readonly fetchedAt: string | null; readonly lastError: string | null };
/** An issuer whose keys are to be asked for. */
export type DueIssuer = {
  readonly id: string;
  readonly tenantId: string;
  readonly issuer: string;
  readonly keySource: Exclude<IssuerKeySource, { from: 'static' }>;
  /** Failures since the last success. */
  readonly failures: number;
};

type FetchRow = { issuer_id: string; fetched_at: Date | string | null; last_error: string | null };

/** When each issuer's keys were asked for, and when they are to be asked for again. */
@Injectable()
export class IssuerFetches {
  constructor(private readonly em: EntityManager) {}

  /** Active issuers whose time has come, the longest waiting first. */
  async due(now: Date, limit: number): Promise<DueIssuer[]> {
    const { rows } = await sql<{ id: string; failures: number; body: Omit<DueIssuer, 'failures'> }>`
      select l.id, l.body, coalesce(f.failures, 0) as failures
      from issuer_list_v1 l left join issuer_fetches_v1 f on f.issuer_id = l.id
      where l.body ->> 'status' = 'active' and l.body -> 'keySource' ->> 'from' in ('jwks_uri', 'discovery')
        and (f.next_at is null or f.next_at <= ${now})
      order by f.next_at nulls first limit ${limit}
    `.execute(this.database);
    return rows.map(({ body: { id, tenantId, issuer, keySource }, failures }) => {
      return { id, tenantId, issuer, keySource, failures };
    });
  }

  async succeeded(issuerId: string, at: Date, nextAt: Date): Promise<void> {
    await sql`
      insert into issuer_fetches_v1 (issuer_id, attempted_at, fetched_at, next_at) values (${issuerId}, ${at}, ${at}, ${nextAt})
      on conflict (issuer_id) do update set attempted_at = excluded.attempted_at, fetched_at = excluded.fetched_at,
        next_at = excluded.next_at, failures = 0, last_error = null
    `.execute(this.database);
  }

  async failed(issuerId: string, code: KeySetFaultCode, at: Date, nextAt: Date): Promise<void> {
    await sql`
      insert into issuer_fetches_v1 (issuer_id, attempted_at, last_error, failures, next_at)
      values (${issuerId}, ${at}, ${code}, 1, ${nextAt})
      on conflict (issuer_id) do update set attempted_at = excluded.attempted_at, last_error = excluded.last_error,
        next_at = excluded.next_at, failures = issuer_fetches_v1.failures + 1
    `.execute(this.database);
  }

  /** Asks again at once, or as soon as that is allowed; any number of hurries is one. `anew`: what was fetched is void. */
  async hurry(issuerId: string, now: Date, anew = false): Promise<void> {
    await sql`
      insert into issuer_fetches_v1 (issuer_id, next_at) values (${issuerId}, ${now})
      on conflict (issuer_id) do update set
        next_at = least(issuer_fetches_v1.next_at, greatest(${now}::timestamptz,
          issuer_fetches_v1.attempted_at + ${`${FETCHED_AGAIN_AFTER_MS} milliseconds`}::interval)),
        fetched_at = case when ${anew} then null else issuer_fetches_v1.fetched_at end,
        last_error = case when ${anew} then null else issuer_fetches_v1.last_error end
    `.execute(this.database);
  }

  async of(issuerIds: readonly string[]): Promise<ReadonlyMap<string, IssuerFetch>> {
    const { rows } = await sql<FetchRow>`
      select issuer_id, fetched_at, last_error from issuer_fetches_v1 where issuer_id = any(${[...issuerIds]}::text[])
    `.execute(this.database);
    return new Map(
      rows.map((row) => {
        const fetchedAt = row.fetched_at === null ? null : new Date(row.fetched_at).toISOString();
        return [row.issuer_id, { fetchedAt, lastError: row.last_error }];
      }),
    );
  }

  private get database() {
    return this.em.fork().getKysely();
  }
}
