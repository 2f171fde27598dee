import type { DecisionRecord } from '#libs/contracts';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { notBooked, writerKey, type Booked, type Books, type Writer } from './booked-once.js';
import { entryOf, storable, type CallEntry } from './call-entry.js';

type Transaction = Pick<EntityManager, 'getKysely'>;

/**
 * Books what calls cost. Entries and the numbers up to which they are booked are one transaction, so that a record
 * counts once however often it is delivered, by whomever, and whatever is killed in between. Both tables are sums, no
 * log of requests: a minute of one caller on one model is one row.
 */
@Injectable()
export class LedgerBooks {
  constructor(private readonly em: EntityManager) {}

  /** Records of one partition, in the order of the log. Answers how many calls were booked. */
  async book(partition: number, records: readonly DecisionRecord[]): Promise<number> {
    if (records.length === 0) return 0;
    const kept = records.map((record) => ({
      ...record,
      replica: storable(record.replica),
      boot: storable(record.boot),
    }));
    return this.em.fork().transactional(async (tx) => {
      const books = await this.lockedBooks(tx, partition, writersOf(kept));
      const fresh = notBooked(kept, books);
      if (fresh.calls.length > 0) await this.add(tx, fresh.calls.map(entryOf));
      await this.move(tx, partition, fresh.books);
      return fresh.calls.length;
    });
  }

  /** Whoever else books records of these writers, a former owner of the partition for one, waits for this transaction. */
  private async lockedBooks(tx: Transaction, partition: number, writers: readonly Writer[]): Promise<Books> {
    const given = JSON.stringify(writers);
    await sql`
      insert into ledger_positions_v1 (partition, replica, boot, seq, holes)
      select ${partition}, replica, boot, 0, '[]'::jsonb from jsonb_to_recordset(${given}::jsonb) as w(replica text, boot text)
      order by replica, boot
      on conflict do nothing
    `.execute(tx.getKysely());
    const { rows } = await sql<Writer & { seq: string; holes: Booked['holes'] }>`
      select p.replica, p.boot, p.seq, p.holes from ledger_positions_v1 p
      join jsonb_to_recordset(${given}::jsonb) as w(replica text, boot text) using (replica, boot)
      where p.partition = ${partition}
      order by p.replica, p.boot
      for update of p
    `.execute(tx.getKysely());
    return new Map(rows.map((row) => [writerKey(row), { seq: Number(row.seq), holes: row.holes }]));
  }

  private async add(tx: Transaction, entries: readonly CallEntry[]): Promise<void> {
    await sql`
      insert into ledger_minutes_v1 as held
        (tenant_id, minute, debit, credit, model, currency, amount, calls, input_tokens, output_tokens)
      select tenant_id, minute, debit, credit, model, currency, sum(amount), count(*), sum(input_tokens), sum(output_tokens)
      from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb) as e(
        tenant_id text, minute timestamptz, debit text, credit text, model text, currency text,
        amount numeric, input_tokens numeric, output_tokens numeric)
      group by tenant_id, minute, debit, credit, model, currency
      order by tenant_id, minute, debit, credit, model, currency
      on conflict (tenant_id, minute, debit, credit, model, currency) do update set
        amount = held.amount + excluded.amount,
        calls = held.calls + excluded.calls,
        input_tokens = held.input_tokens + excluded.input_tokens,
        output_tokens = held.output_tokens + excluded.output_tokens
    `.execute(tx.getKysely());
  }

  private async move(tx: Transaction, partition: number, books: Books): Promise<void> {
    const rows = [...books].map(([writer, booked]) => {
      const [replica, boot] = JSON.parse(writer) as [string, string];
      return { replica, boot, ...booked };
    });
    await sql`
      update ledger_positions_v1 p set seq = b.seq, holes = b.holes
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as b(replica text, boot text, seq bigint, holes jsonb)
      where p.partition = ${partition} and p.replica = b.replica and p.boot = b.boot
    `.execute(tx.getKysely());
  }
}

function writersOf(records: readonly DecisionRecord[]): Writer[] {
  return [...new Map(records.map((record) => [writerKey(record), record])).values()].map(({ replica, boot }) => ({
    replica,
    boot,
  }));
}
