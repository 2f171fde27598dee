import { RevisionPublished, type PolicyEvent, type Sealed } from '#libs/contracts';
import type { ReadModel } from '#libs/event-store';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

type RevisionEvent = Extract<PolicyEvent, { type: 'policy.revision.published' }>;

/** One revision without its documents. */
export type RevisionRow = {
  readonly revision: number;
  readonly author: string;
  readonly reason: Sealed | null;
  readonly rollbackOf: number | null;
  readonly changes: readonly { kind: string; name: string; change: 'set' | 'deleted' }[];
  readonly documentCount: number;
  readonly setDigest: string;
  readonly at: string;
};

/** The revisions of each tenant, newest first. */
@Injectable()
export class RevisionList {
  constructor(private readonly em: EntityManager) {}

  async page(tenantId: string, below: number, limit: number): Promise<RevisionRow[]> {
    const { rows } = await sql<{ body: RevisionRow }>`
      select body from revision_list_v1 where tenant_id = ${tenantId} and revision < ${below}
      order by revision desc limit ${limit}
    `.execute(this.em.fork().getKysely());
    return rows.map(({ body }) => body);
  }

  async find(tenantId: string, revision: number): Promise<RevisionRow | undefined> {
    const { rows } = await sql<{ body: RevisionRow }>`
      select body from revision_list_v1 where tenant_id = ${tenantId} and revision = ${revision}
    `.execute(this.em.fork().getKysely());
    return rows[0]?.body;
  }
}

/** Fills the table behind {@link RevisionList}. */
export const revisionList: ReadModel<RevisionEvent> = {
  name: 'revision_list_v1',
  types: [RevisionPublished.type],
  apply: async (tx, { event: { data } }) => {
    const { tenantId, revision, author, reason, rollbackOf, documentCount, setDigest, at } = data;
    const changes = data.changes.map(({ kind, name, digest }) => ({
      kind,
      name,
      change: digest === null ? 'deleted' : 'set',
    }));
    const body = JSON.stringify({ revision, author, reason, rollbackOf, changes, documentCount, setDigest, at });
    await sql`
      insert into revision_list_v1 (tenant_id, revision, body) values (${tenantId}, ${revision}, ${body}::jsonb)
      on conflict do nothing
    `.execute(tx.getKysely());
  },
  truncate: async (tx) => {
    await sql`delete from revision_list_v1`.execute(tx.getKysely());
  },
};
