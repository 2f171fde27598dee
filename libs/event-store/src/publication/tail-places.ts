import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** Up to where a topic has been checked, and which log it was. */
export type TailPlace = { readonly topicId: string | null; readonly next: bigint };

export async function selectTail(em: EntityManager, topic: string): Promise<TailPlace | undefined> {
  const { rows } = await sql<{ topic_id: string | null; next_offset: string }>`
    select topic_id, next_offset from publisher_tails where topic = ${topic}`.execute(em.getKysely());
  return rows[0] && { topicId: rows[0].topic_id, next: BigInt(rows[0].next_offset) };
}

/** Kept only by the publisher in office: one that was overtaken must not move it. */
export async function saveTail(em: EntityManager, epoch: number, topic: string, place: TailPlace): Promise<void> {
  await sql`insert into publisher_tails (topic, topic_id, next_offset)
    select ${topic}, ${place.topicId}, ${place.next.toString()}::bigint from publisher where epoch = ${epoch}
    on conflict (topic) do update set topic_id = excluded.topic_id, next_offset = excluded.next_offset`.execute(
    em.getKysely(),
  );
}
