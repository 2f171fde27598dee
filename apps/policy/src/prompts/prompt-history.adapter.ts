import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { PRODUCTION } from '../promotions/second-person.js';

/** One version of a prompt, with what has become of it. */
export type PromptVersion = {
  /** From 1, without a gap. */
  readonly version: number;
  /** The revision that made it. */
  readonly revision: number;
  /** Who wrote it; of a version in production who wrote the draft of it, where somebody did. */
  readonly author: string;
  /** Who put it into production; null for a draft. */
  readonly promoter: string | null;
  readonly at: string;
  readonly isInForce: boolean;
  /** Whether calls may pin it. */
  readonly isKept: boolean;
  readonly digest: string;
  readonly document: Record<string, unknown>;
};

type Row = Omit<PromptVersion, 'version' | 'revision'> & { version: string; revision: string };
type Bounds = { readonly below?: number; readonly limit: number; readonly environment?: string | undefined };

/** All of a document but its environment; as `second-person` reads it. */
const contentOf = (alias: string) => {
  const document = sql.ref(`${alias}.document`);
  return sql`jsonb_set(${document}, '{metadata,tags}', coalesce(${document} #> '{metadata,tags}', '{}'::jsonb) - 'env')`;
};

/** The versions of prompts through all revisions. */
@Injectable()
export class PromptHistory {
  constructor(private readonly em: EntityManager) {}

  /** Newest first, below a version; of one environment, where it is given. */
  async page(tenantId: string, name: string, { below, limit, environment }: Bounds): Promise<PromptVersion[]> {
    const { rows } = await sql<Row>`
      with newest as (
        select revision, prompt -> 'kept' as kept from document_history_v1
        where tenant_id = ${tenantId} and kind = 'Prompt' and name = ${name} order by revision desc limit 1
      ), numbered as (
        select row_number() over (order by h.revision) as version, h.revision, h.digest, h.document,
          r.body ->> 'author' as author, r.body ->> 'at' as at,
          coalesce(r.body ->> 'rollbackOf', '') <> '' as is_restored,
          coalesce(h.document -> 'metadata' -> 'tags' ->> 'env', '') as environment
        from document_history_v1 h join revision_list_v1 r on r.tenant_id = h.tenant_id and r.revision = h.revision
        where h.tenant_id = ${tenantId} and h.kind = 'Prompt' and h.name = ${name} and h.document is not null
      ), paged as (
        select * from numbered
        where (${below ?? null}::bigint is null or version < ${below ?? null}::bigint)
          and (${environment ?? null}::text is null or environment = ${environment ?? null}::text)
        order by version desc limit ${limit}::bigint
      )
      select p.version, p.revision, p.digest, p.document, p.at, coalesce(draft.author, p.author) as author,
        case when p.environment = ${PRODUCTION} then p.author end as promoter,
        p.revision = newest.revision as "isInForce",
        exists (
          select from jsonb_array_elements(coalesce(newest.kept, '[]'::jsonb)) k where (k ->> 'revision')::bigint = p.revision
        ) as "isKept"
      from paged p cross join newest left join lateral (
        select n.author from numbered n
        where p.environment = ${PRODUCTION} and n.version < p.version and n.environment <> ${PRODUCTION}
          and not n.is_restored and ${contentOf('n')} = ${contentOf('p')}
        order by n.version desc limit 1
      ) draft on true
      order by p.version desc
    `.execute(this.em.fork().getKysely());
    return rows.map(({ version, revision, ...row }) => {
      return { ...row, version: Number(version), revision: Number(revision) };
    });
  }

  async find(tenantId: string, name: string, version: number): Promise<PromptVersion | undefined> {
    const [found] = await this.page(tenantId, name, { below: version + 1, limit: 1 });
    return found?.version === version ? found : undefined;
  }
}
