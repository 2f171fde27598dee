import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** What a key of a state topic says now; `value` is JSON text, null for a tombstone. */
export type StateRow = {
  readonly topic: string;
  readonly key: string;
  readonly value: string | null;
  readonly position: number;
  /** Order among the records of one position. */
  readonly seq: number;
};

/** One text for a topic and key; neither holds a NUL. */
export const stateId = ({ topic, key }: { readonly topic: string; readonly key: string }) => `${topic}\0${key}`;

/** The rows that exist, by {@link stateId}. */
export async function selectStates(
  em: EntityManager,
  wanted: readonly { readonly topic: string; readonly key: string }[],
): Promise<Map<string, StateRow>> {
  if (wanted.length === 0) return new Map();
  const { rows } = await sql<StateRow & { position: string }>`
    select topic, key, value, position, seq from state_records where (topic, key) in
      (select * from unnest(${wanted.map(({ topic }) => topic)}::text[], ${wanted.map(({ key }) => key)}::text[]))
    `.execute(em.getKysely());
  return new Map(rows.map((row) => [stateId(row), { ...row, position: Number(row.position) }]));
}

/** Records of a topic in the order of their positions, after a place in that order. */
export async function selectStatesOfTopic(
  em: EntityManager,
  topic: string,
  after: Pick<StateRow, 'position' | 'seq'>,
  limit: number,
): Promise<readonly StateRow[]> {
  const { rows } = await sql<StateRow & { position: string }>`
    select topic, key, value, position, seq from state_records
    where topic = ${topic} and (position, seq) > (${after.position}::bigint, ${after.seq}::integer)
    order by position, seq limit ${limit}`.execute(em.getKysely());
  return rows.map((row) => ({ ...row, position: Number(row.position) }));
}

/** Sets what the keys say from now on; only under the append lock. Of several rows for one key the last one counts. */
export async function upsertStates(tx: EntityManager, states: readonly StateRow[]): Promise<void> {
  const last = [...new Map(states.map((state) => [stateId(state), state])).values()];
  if (last.length === 0) return;
  await sql`
    insert into state_records (topic, key, value, position, seq)
    select topic, key, value, position, seq from jsonb_to_recordset(${JSON.stringify(last)}::jsonb)
      as s(topic text, key text, value text, position bigint, seq integer)
    on conflict (topic, key) do update set value = excluded.value, position = excluded.position,
      seq = excluded.seq, recorded_at = clock_timestamp()`.execute(tx.getKysely());
}
