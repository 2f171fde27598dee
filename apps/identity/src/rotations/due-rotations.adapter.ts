import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import type { KeyRotation, KeyRow } from '../api-keys/key-list.projection.js';
import type { Listed } from '../lists/list-table.adapter.js';

type Due = KeyRow & { readonly rotation: KeyRotation };

/** Keys whose time to rotate has come, the longest overdue first. */
@Injectable()
export class DueRotations {
  constructor(private readonly em: EntityManager) {}

  /** @param abandonedIso what was prepared before then was left by a process that is gone; later ones are under way. */
  async find(nowIso: string, abandonedIso: string, limit: number): Promise<Listed<Due>[]> {
    const { rows } = await sql<{ version: string; position: string; body: Due }>`
      select version, position, body from key_list_v1
      where body -> 'rotation' ->> 'nextAt' <= ${nowIso} and body ->> 'status' = 'active'
        and (body ->> 'overlapUntil' is null or body ->> 'overlapUntil' <= ${nowIso})
        and (body ->> 'expiresAt' is null or body ->> 'expiresAt' > ${nowIso})
        and (body -> 'rotation' ->> 'preparedAt' is null or body -> 'rotation' ->> 'preparedAt' <= ${abandonedIso})
      order by body -> 'rotation' ->> 'nextAt' limit ${limit}
    `.execute(this.em.fork().getKysely());
    return rows.map(({ version, position, body }) => {
      return { row: body, version: Number(version), position: Number(position) };
    });
  }
}
