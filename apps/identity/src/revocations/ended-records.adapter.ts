import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import type { RevocationRow } from './revocation-list.projection.js';

/** A key and when it expired. */
export type ExpiredKey = { readonly id: string; readonly expiredAt: string };

/** What guards need not know any more. */
@Injectable()
export class EndedRecords {
  constructor(private readonly em: EntityManager) {}

  /** Revocations that no living token can be concerned by. */
  async revocations(nowIso: string, limit: number): Promise<RevocationRow[]> {
    const { rows } = await sql<{ body: RevocationRow }>`
      select body from revocation_list_v1 where body ->> 'until' <= ${nowIso} order by body ->> 'until' limit ${limit}
    `.execute(this.database);
    return rows.map(({ body }) => body);
  }

  /** Keys that expired until then and are not forgotten yet, in the order of their expiry. */
  async keys(beforeIso: string, limit: number): Promise<ExpiredKey[]> {
    const { rows } = await sql<{ id: string; expired_at: string }>`
      select k.id, k.body ->> 'expiresAt' as expired_at from key_list_v1 k
      left join forgotten_keys_v1 f on true
      where k.body ->> 'expiresAt' <= ${beforeIso}
        and (f.expired_at is null or (k.body ->> 'expiresAt', k.id) > (f.expired_at, f.key_id))
      order by k.body ->> 'expiresAt', k.id limit ${limit}
    `.execute(this.database);
    return rows.map((row) => ({ id: row.id, expiredAt: row.expired_at }));
  }

  /** All up to this one are forgotten. */
  async keysForgotten({ id, expiredAt }: ExpiredKey): Promise<void> {
    await sql`
      insert into forgotten_keys_v1 (expired_at, key_id) values (${expiredAt}, ${id})
      on conflict (only_row) do update set expired_at = excluded.expired_at, key_id = excluded.key_id
    `.execute(this.database);
  }

  async forgetProofs(about: readonly string[]): Promise<void> {
    await sql`delete from revocation_proofs_v1 where about = any(${[...about]}::text[])`.execute(this.database);
  }

  private get database() {
    return this.em.fork().getKysely();
  }
}
