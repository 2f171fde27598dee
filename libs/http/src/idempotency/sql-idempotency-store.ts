import {
  IDEMPOTENCY_KEPT_MS,
  IDEMPOTENCY_LEASE_MS,
  IdempotencyStore,
  type ClaimResult,
  type IdempotencyClaim,
  type KeptAnswer,
} from './idempotency-store.js';

/** Runs one PostgreSQL statement with `$1`… parameters outside any open transaction; answers its rows. */
export type RunSql = (sql: string, parameters: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;

/** Expired rows that one claim removes: cleaning keeps up with writing, and no claim pays for all of it. */
const SWEPT_PER_CLAIM = 10;

/** For a migration of the service, in its own schema. */
export const IDEMPOTENCY_TABLE_SQL = `
create table idempotency_keys (
  scope text not null,
  key text not null,
  digest text not null,
  free_at timestamptz not null,
  status smallint,
  headers jsonb,
  body text,
  primary key (scope, key)
);
create index idempotency_keys_free_at on idempotency_keys (free_at);
`;

const CLAIM = `
insert into idempotency_keys as held (scope, key, digest, free_at)
values ($1, $2, $3, now() + $4::int * interval '1 ms')
on conflict (scope, key) do update
  set digest = excluded.digest, free_at = excluded.free_at, status = null, headers = null, body = null
  where held.free_at <= now()
returning 1 as claimed`;
const FIND = 'select digest, status, headers, body from idempotency_keys where scope = $1 and key = $2';
const KEEP = `
update idempotency_keys set status = $4, headers = $5::jsonb, body = $6, free_at = now() + $7::int * interval '1 ms'
where scope = $1 and key = $2 and digest = $3`;
const RELEASE = 'delete from idempotency_keys where scope = $1 and key = $2 and digest = $3 and status is null';
const SWEEP = `
delete from idempotency_keys where ctid = any(array(
  select ctid from idempotency_keys where free_at <= now() order by free_at limit ${SWEPT_PER_CLAIM} for update skip locked))`;

/** Keys and answers in the service's PostgreSQL schema (`IDEMPOTENCY_TABLE_SQL`); the database's clock decides. */
export class SqlIdempotencyStore extends IdempotencyStore {
  private readonly run: RunSql;

  constructor(run: RunSql) {
    super();
    this.run = run;
  }

  override async claim({ scope, key, digest }: IdempotencyClaim): Promise<ClaimResult> {
    const claimed = await this.run(CLAIM, [scope, key, digest, IDEMPOTENCY_LEASE_MS]);
    if (claimed.length > 0) {
      await this.run(SWEEP, []);
      return { state: 'claimed' };
    }
    const [row] = await this.run(FIND, [scope, key]);
    // Released between the two statements: whoever had it failed, and this request may come again at once.
    if (!row) return { state: 'busy', digest };
    const { digest: first, status, headers, body } = row as Row;
    if (status === null) return { state: 'busy', digest: first };
    return { state: 'kept', digest: first, answer: { status, headers: headers ?? {}, body: body ?? '' } };
  }

  override async keep({ scope, key, digest }: IdempotencyClaim, answer: KeptAnswer): Promise<void> {
    const { status, headers, body } = answer;
    await this.run(KEEP, [scope, key, digest, status, JSON.stringify(headers), body, IDEMPOTENCY_KEPT_MS]);
  }

  override async release({ scope, key, digest }: IdempotencyClaim): Promise<void> {
    await this.run(RELEASE, [scope, key, digest]);
  }
}

type Row = {
  readonly digest: string;
  readonly status: number | null;
  readonly headers: Record<string, string> | null;
  readonly body: string | null;
};
