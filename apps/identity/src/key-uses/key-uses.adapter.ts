import type { KeyUses } from '#libs/contracts';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

/** When keys were last used. A use that is heard of late never hides a later one. */
@Injectable()
export class KeyUseTable {
  constructor(private readonly em: EntityManager) {}

  /** One statement, whatever is told again. */
  async note({ tenantId, uses }: KeyUses): Promise<void> {
    const ids = uses.map(({ keyId }) => keyId);
    const times = uses.map(({ usedAt }) => usedAt);
    await sql`
      insert into key_uses_v1 (key_id, tenant_id, used_at)
      select id, ${tenantId}, max(at) from unnest(${ids}::text[], ${times}::timestamptz[]) as told(id, at) group by id
      on conflict (key_id) do update set used_at = greatest(key_uses_v1.used_at, excluded.used_at)
    `.execute(this.em.fork().getKysely());
  }

  /** RFC 3339 by key id; keys that nobody has used are absent. */
  async of(keyIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (keyIds.length === 0) return new Map();
    const { rows } = await sql<{ key_id: string; used_at: Date | string }>`
      select key_id, used_at from key_uses_v1 where key_id = any(${[...keyIds]}::text[])
    `.execute(this.em.fork().getKysely());
    return new Map(rows.map(({ key_id, used_at }) => [key_id, new Date(used_at).toISOString()]));
  }
}
