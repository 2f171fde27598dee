import type { DocumentKind } from '#libs/contracts';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

/** One version of one document, as it is kept. */
export type DocumentVersion = {
  /** From 1, without a gap. */
  readonly version: number;
  /** The revision that made it. */
  readonly revision: number;
  readonly author: string;
  readonly at: string;
  /** Made by rolling back to an older revision. */
  readonly isRestored: boolean;
  readonly digest: string;
  readonly document: Record<string, unknown>;
};

type Row = Omit<DocumentVersion, 'version' | 'revision'> & { version: string; revision: string };

/** The versions of one document through all revisions, with who made each. */
@Injectable()
export class DocumentVersions {
  constructor(private readonly em: EntityManager) {}

  /** All that there ever were, oldest first. */
  async all(tenantId: string, kind: DocumentKind, name: string): Promise<DocumentVersion[]> {
    return this.select(tenantId, kind, name, { below: null, limit: null, environment: null, isNewestFirst: false });
  }

  /** Newest first, below a version; of one environment, where it is given. */
  async page(
    tenantId: string,
    kind: DocumentKind,
    name: string,
    { below, limit, environment }: { below?: number; limit: number; environment?: string | undefined },
  ): Promise<DocumentVersion[]> {
    const bounds = { below: below ?? null, limit, environment: environment ?? null, isNewestFirst: true };
    return this.select(tenantId, kind, name, bounds);
  }

  async find(
    tenantId: string,
    kind: DocumentKind,
    name: string,
    version: number,
  ): Promise<DocumentVersion | undefined> {
    const [found] = await this.page(tenantId, kind, name, { below: version + 1, limit: 1 });
    return found?.version === version ? found : undefined;
  }

  private async select(
    tenantId: string,
    kind: DocumentKind,
    name: string,
    bounds: { below: number | null; limit: number | null; environment: string | null; isNewestFirst: boolean },
  ): Promise<DocumentVersion[]> {
    const order = bounds.isNewestFirst ? sql`desc` : sql`asc`;
    const { rows } = await sql<Row>`
      select * from (
        select row_number() over (order by h.revision) as version, h.revision, h.digest, h.document,
          r.body ->> 'author' as author, r.body ->> 'at' as at,
          coalesce(r.body ->> 'rollbackOf', '') <> '' as "isRestored"
        from document_history_v1 h join revision_list_v1 r on r.tenant_id = h.tenant_id and r.revision = h.revision
        where h.tenant_id = ${tenantId} and h.kind = ${kind} and h.name = ${name} and h.document is not null
      ) numbered
      where (${bounds.below}::bigint is null or version < ${bounds.below}::bigint)
        and (${bounds.environment}::text is null or document -> 'metadata' -> 'tags' ->> 'env' = ${bounds.environment}::text)
      order by version ${order} limit ${bounds.limit}::bigint
    `.execute(this.em.fork().getKysely());
    return rows.map(({ version, revision, ...row }) => ({
      ...row,
      version: Number(version),
      revision: Number(revision),
    }));
  }
}
