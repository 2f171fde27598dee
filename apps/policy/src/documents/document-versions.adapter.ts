import type { DocumentKind } from '#libs/contracts';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import type { Version } from '../promotions/second-person.js';

/** The versions of one document through all revisions, with who made each. */
@Injectable()
export class DocumentVersions {
  constructor(private readonly em: EntityManager) {}

  /** All that there ever were, oldest first. */
  async all(tenantId: string, kind: DocumentKind, name: string): Promise<Version[]> {
    const { rows } = await sql<Version>`
      select h.digest, h.document, r.body ->> 'author' as author, coalesce(r.body ->> 'rollbackOf', '') <> '' as "isRestored"
      from document_history_v1 h join revision_list_v1 r on r.tenant_id = h.tenant_id and r.revision = h.revision
      where h.tenant_id = ${tenantId} and h.kind = ${kind} and h.name = ${name} and h.document is not null
      order by h.revision
    `.execute(this.em.fork().getKysely());
    return rows;
  }
}
