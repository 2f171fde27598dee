import type { Sealed } from '#libs/contracts';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql, type RawBuilder } from 'kysely';

/** Which entries: of one tenant, from one instant up to and without another, and of one account where it is given. */
export type LedgerQuestion = {
  readonly tenantId: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly account?: string | undefined;
  readonly model?: string | undefined;
  readonly currency?: string | undefined;
};

export type LedgerKind = 'calls' | 'external_usage' | 'correction';

/** One entry: what `debit` owes and `credit` is owed. Money as exact decimal text. */
export type LedgerRow = {
  readonly rank: number;
  readonly entry: string;
  readonly kind: LedgerKind;
  readonly entry_id: string;
  /** Ms since 1970, as text. */
  readonly minute_ms: string;
  readonly debit: string;
  readonly credit: string;
  readonly model: string;
  readonly currency: string;
  readonly amount: string;
  readonly calls: string;
  readonly input_tokens: string;
  readonly output_tokens: string;
  readonly author: string | null;
  readonly reason: Sealed | null;
  readonly created_ms: string | null;
};

/** What one account was debited and credited within the time, in one currency. */
export type BalanceRow = {
  readonly account: string;
  readonly currency: string;
  readonly debits: string;
  readonly credits: string;
  readonly balance: string;
  readonly calls: string;
  readonly input_tokens: string;
  readonly output_tokens: string;
};

/** Where a page goes on: the place of the last row of the one before. */
export type LedgerPlace = { readonly minuteMs: number; readonly rank: number; readonly entry: string };

/** Minutes of calls come before what people posted for the same minute. */
const CALLS_RANK = 0;
const POSTINGS_RANK = 1;

/** Reads the ledger. Every question is about one tenant and a bounded time, which both tables are sorted by. */
@Injectable()
export class LedgerReader {
  constructor(private readonly em: EntityManager) {}

  /** Newest minute first. */
  async entries(
    question: LedgerQuestion,
    kind: LedgerKind | undefined,
    after: LedgerPlace | undefined,
    limit: number,
  ): Promise<LedgerRow[]> {
    const where = (rank: number) => sql`${conditions(question)} and ${behind(after, rank)}`;
    const minutes = sql`
      (select ${CALLS_RANK}::int as rank, entry, 'calls' as kind, 'calls_' || entry as entry_id, ${msOf('minute')} as minute_ms, debit, credit,
        model, currency, trim_scale(amount)::text as amount, calls, input_tokens, output_tokens,
        null::text as author, null::jsonb as reason, null::bigint as created_ms
      from ledger_minutes_v1 where ${where(CALLS_RANK)} order by minute desc, entry desc limit ${limit})`;
    const postings = sql`
      (select ${POSTINGS_RANK}::int as rank, entry, kind, entry_id, ${msOf('minute')} as minute_ms, debit, credit,
        model, currency, trim_scale(amount)::text as amount, calls, input_tokens, output_tokens,
        author, reason, ${msOf('created_at')} as created_ms
      from ledger_postings_v1 where ${where(POSTINGS_RANK)} ${kind ? sql`and kind = ${kind}` : sql``}
      order by minute desc, entry desc limit ${limit})`;
    const branches = kind === undefined ? [minutes, postings] : [kind === 'calls' ? minutes : postings];
    const { rows } = await sql<LedgerRow>`
      select * from (${sql.join(branches, sql` union all `)}) as entries
      order by minute_ms desc, rank desc, entry desc limit ${limit}
    `.execute(this.em.fork().getKysely());
    return rows;
  }

  /** Accounts in their order. Over all accounts of a currency debits and credits are the same. */
  async balances(
    question: LedgerQuestion,
    after: { readonly account: string; readonly currency: string } | undefined,
    limit: number,
  ): Promise<BalanceRow[]> {
    const { account } = question;
    const columns = sql`debit, credit, currency, amount, calls, input_tokens, output_tokens`;
    const { rows } = await sql<BalanceRow>`
      with entries as (
        select ${columns} from ledger_minutes_v1 where ${conditions(question)}
        union all
        select ${columns} from ledger_postings_v1 where ${conditions(question)}
      ), legs as (
        select debit as account, currency, amount as debited, 0::numeric as credited, calls, input_tokens, output_tokens
        from entries
        union all
        select credit, currency, 0::numeric, amount, calls, input_tokens, output_tokens from entries
      )
      select account, currency, trim_scale(sum(debited))::text as debits, trim_scale(sum(credited))::text as credits,
        trim_scale(sum(debited) - sum(credited))::text as balance,
        sum(calls) as calls, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens
      from legs
      where ${account === undefined ? sql`true` : sql`account = ${account}`}
        and ${after ? sql`(account collate "C", currency collate "C") > (${after.account}, ${after.currency})` : sql`true`}
      group by account, currency
      order by account collate "C", currency collate "C"
      limit ${limit}
    `.execute(this.em.fork().getKysely());
    return rows;
  }
}

function conditions({ tenantId, fromMs, toMs, account, model, currency }: LedgerQuestion): RawBuilder<unknown> {
  const all = [
    sql`tenant_id = ${tenantId}`,
    sql`minute >= ${instant(fromMs)} and minute < ${instant(toMs)}`,
    ...(account === undefined ? [] : [sql`(debit = ${account} or credit = ${account})`]),
    ...(model === undefined ? [] : [sql`model = ${model}`]),
    ...(currency === undefined ? [] : [sql`currency = ${currency}`]),
  ];
  return sql.join(all, sql` and `);
}

function behind(place: LedgerPlace | undefined, rank: number): RawBuilder<unknown> {
  if (!place) return sql`true`;
  const at = instant(place.minuteMs);
  return sql`minute <= ${at} and (minute, ${rank}::int, entry) < (${at}, ${place.rank}::int, ${place.entry}::bigint)`;
}

const instant = (ms: number) => sql`${new Date(ms).toISOString()}::timestamptz`;

const msOf = (column: 'minute' | 'created_at') => sql`(extract(epoch from ${sql.ref(column)}) * 1000)::bigint`;
