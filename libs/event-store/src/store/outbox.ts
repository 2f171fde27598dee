import { RECORD_BYTES_MAX } from '#libs/bus';
import { DomainError } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** Where whoever puts records into an outbox says so; with the name of the schema. Told when it is committed. */
export const OUTBOX_CHANNEL = 'gatehouse_outbox';

/** Records of one transaction at most. */
export const OUTBOX_ROWS_MAX = 10_000;

/** Longest key and value of a record together: the bus counts headers, too, and a record it refuses would block all. */
export const RECORD_CONTENT_BYTES_MAX = RECORD_BYTES_MAX - 4096;
const SELECT_BYTES_MAX = 4 * 1024 * 1024;

/** A record on its way to Kafka. `value` is the JSON text as it will be sent; null is a tombstone. */
export type OutboxRow = {
  readonly position: number;
  readonly seq: number;
  readonly topic: string;
  readonly key: string;
  readonly value: string | null;
  readonly type: string;
  readonly schemaVersion: number;
  readonly recordedAt: string;
};

export type NewOutboxRow = Omit<OutboxRow, 'recordedAt'>;

/**
 * Puts records into the outbox; only under the append lock.
 * @throws DomainError `store/too-large` for too many, or one too long.
 */
export async function insertOutbox(tx: EntityManager, rows: readonly NewOutboxRow[]): Promise<void> {
  const tooLong = rows.some(
    ({ key, value }) => Buffer.byteLength(key) + Buffer.byteLength(value ?? '') > RECORD_CONTENT_BYTES_MAX,
  );
  if (tooLong || rows.length > OUTBOX_ROWS_MAX) {
    throw new DomainError('store/too-large', 'This is too much for one change; make several of it.');
  }
  if (rows.length === 0) return;
  await sql`
    with added as (
      insert into outbox (position, seq, topic, key, value, type, schema_version)
      select position, seq, topic, key, value, type, "schemaVersion"
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(
        position bigint, seq integer, topic text, key text, value text, type text, "schemaVersion" integer))
    select pg_notify(${OUTBOX_CHANNEL}, current_schema())
    `.execute(tx.getKysely());
}

/** The next rows to send, in order: at most `limit`, and at most about 4 MiB (one row at least). */
export async function selectOutbox(em: EntityManager, limit: number): Promise<readonly OutboxRow[]> {
  const { rows } = await sql<OutboxRow & { position: string }>`
    select position, seq, topic, key, value, type, schema_version as "schemaVersion",
      to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "recordedAt"
    from (
      select *, sum(octet_length(coalesce(value, ''))) over (order by position, seq)
        - octet_length(coalesce(value, '')) as bytes_before
      from (select * from outbox order by position, seq limit ${limit}) as next
    ) as counted
    where bytes_before < ${SELECT_BYTES_MAX} order by position, seq`.execute(em.getKysely());
  return rows.map((row) => ({ ...row, position: Number(row.position) }));
}

/** How far the outbox is empty, and whether something waits in it. */
export type OutboxLeft = { readonly position: number; readonly more: boolean };

/** Takes out what the broker has acknowledged: one statement with what is left, so that no commit is overlooked. */
export async function deleteOutbox(em: EntityManager, sent: readonly OutboxRow[]): Promise<OutboxLeft> {
  const positions = sent.map(({ position }) => position);
  const seqs = sent.map(({ seq }) => seq);
  const { rows } = await sql<{ position: string; more: boolean }>`
    with sent as (select * from unnest(${positions}::bigint[], ${seqs}::integer[]) as s(position, seq)),
      gone as (delete from outbox where (position, seq) in (select position, seq from sent)),
      left_over as (select min(position) as first from outbox o
        where not exists (select from sent s where s.position = o.position and s.seq = o.seq))
    select first is not null as more,
      coalesce(first - 1, (select max(position) from events), 0)::bigint as position from left_over
  `.execute(em.getKysely());
  return { position: Number(rows[0]?.position ?? 0), more: rows[0]?.more ?? false };
}

/** Everything up to here has left the outbox: one statement, so that a commit in between cannot be overlooked. */
export async function acknowledgedPosition(em: EntityManager): Promise<number> {
  const { rows } = await sql<{ position: string }>`select coalesce(
    (select min(position) - 1 from outbox), (select max(position) from events), 0)::bigint as position`.execute(
    em.getKysely(),
  );
  return Number(rows[0]?.position ?? 0);
}

/** Takes out what was to be sent for some keys. */
export async function forgetOutbox(
  tx: EntityManager,
  keys: readonly Pick<OutboxRow, 'topic' | 'key'>[],
): Promise<void> {
  await sql`delete from outbox where (topic, key) in (select * from unnest(
    ${keys.map(({ topic }) => topic)}::text[], ${keys.map(({ key }) => key)}::text[]))`.execute(tx.getKysely());
}

/** Those of the keys that a record waits for. */
export async function selectWaitingKeys(
  em: EntityManager,
  topic: string,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ key: string }>`select distinct key from outbox
    where topic = ${topic} and key = any(${[...keys]})`.execute(em.getKysely());
  return new Set(rows.map(({ key }) => key));
}

/** The first free place among the records of a position; only under the append lock. */
export async function nextSeq(tx: EntityManager, position: number): Promise<number> {
  const { rows } = await sql<{ seq: number }>`select coalesce(max(seq), -1) + 1 as seq from (
    select seq from outbox where position = ${position}
    union all select seq from state_records where position = ${position}) as taken`.execute(tx.getKysely());
  return rows[0]?.seq ?? 0;
}
