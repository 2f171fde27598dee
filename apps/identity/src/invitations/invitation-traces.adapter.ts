import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import type { InvitationRow } from './invitation-list.projection.js';

/** What invitations that are over have left in tables. */
@Injectable()
export class InvitationTraces {
  constructor(private readonly em: EntityManager) {}

  /** Open ones whose time is over. */
  async expired(nowIso: string, limit: number): Promise<InvitationRow[]> {
    const { rows } = await sql<{ body: InvitationRow }>`
      select body from invitation_list_v1
      where body ->> 'status' = 'open' and body ->> 'expiresAt' <= ${nowIso}
      order by body ->> 'expiresAt' limit ${limit}
    `.execute(this.database);
    return rows.map(({ body }) => body);
  }

  /** Ended ones that there still is a key for. */
  async unforgotten(limit: number): Promise<string[]> {
    const { rows } = await sql<{ id: string }>`
      select i.id from subject_keys k join invitation_list_v1 i on i.id = k.subject_id
      where k.subject_id like 'invitation\\_%' and i.body ->> 'status' <> 'open' limit ${limit}
    `.execute(this.database);
    return rows.map(({ id }) => id);
  }

  /** Answers that are kept for a repeated `Idempotency-Key`, and show the address that was invited. */
  async dropAnswers(invitationId: string): Promise<void> {
    await sql`delete from idempotency_keys where position(${invitationId} in body) > 0`.execute(this.database);
  }

  private get database() {
    return this.em.fork().getKysely();
  }
}
