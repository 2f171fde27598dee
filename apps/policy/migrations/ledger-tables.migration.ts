import { Migration } from '@mikro-orm/migrations';

const postingColumns = `
  debit text not null,
  credit text not null,
  model text not null,
  currency text not null,
  amount numeric not null check (amount >= 0),
  calls numeric not null check (calls >= 0),
  input_tokens numeric not null check (input_tokens >= 0),
  output_tokens numeric not null check (output_tokens >= 0)`;

/** The ledger: what calls cost by minute, what people posted, and which of each writer's records are booked. */
export class LedgerTables extends Migration {
  override up(): void {
    this.addSql(`
      create table ledger_minutes_v1 (
        tenant_id text collate "C" not null,
        minute timestamptz not null,
        entry bigint not null generated always as identity,
        ${postingColumns},
        primary key (tenant_id, minute, debit, credit, model, currency)
      )`);
    this.addSql(`create index ledger_minutes_v1_debit on ledger_minutes_v1 (tenant_id, debit, minute)`);
    this.addSql(`
      create table ledger_postings_v1 (
        tenant_id text collate "C" not null,
        minute timestamptz not null,
        entry bigint not null,
        ${postingColumns},
        kind text not null,
        entry_id text not null,
        author text not null,
        reason jsonb not null,
        created_at timestamptz not null,
        primary key (tenant_id, minute, entry)
      )`);
    this.addSql(`
      create table ledger_positions_v1 (
        partition int not null,
        replica text not null,
        boot text not null,
        seq bigint not null,
        holes jsonb not null,
        primary key (partition, replica, boot)
      )`);
  }
}
