import { RevisionPublished, type DocumentKind, type PolicyEvent, type Sealed } from '#libs/contracts';
import type { ReadModel } from '#libs/event-store';
import { readDocument, type PolicyDocument } from '#libs/policy-language';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

type RevisionEvent = Extract<PolicyEvent, { type: 'policy.revision.published' }>;

/** A document as some revision left it. */
export type StoredDocument = {
  readonly tenantId: string;
  readonly kind: DocumentKind;
  readonly name: string;
  /** The revision that last changed it. */
  readonly revision: number;
  readonly digest: string;
  readonly document: PolicyDocument;
  readonly freeText: Sealed | null;
};

/** A document as {@link StoredDocument}, its text unread: whoever reads a whole set does it away from the serving thread. */
export type StoredText = Omit<StoredDocument, 'document' | 'tenantId'> & { readonly text: string };

type Row = {
  tenant_id: string;
  kind: DocumentKind;
  name: string;
  revision: string;
  digest: string;
  document: Record<string, unknown>;
  free_text: Sealed | null;
};

/** Every version of every document: the set of revision n is, for each name, the highest version not above n. */
@Injectable()
export class DocumentHistory {
  constructor(private readonly em: EntityManager) {}

  /** The whole set in force as of a revision; now, unless one is given. */
  async set(tenantId: string, asOf?: number): Promise<StoredDocument[]> {
    const { rows } = await sql<Row>`
      select * from (
        select distinct on (kind, name) * from document_history_v1
        where tenant_id = ${tenantId} and revision <= ${asOf ?? Number.MAX_SAFE_INTEGER}
        order by kind, name, revision desc
      ) latest where document is not null order by kind, name
    `.execute(this.em.fork().getKysely());
    return rows.map(stored);
  }

  /** As {@link set}, unread. */
  async texts(tenantId: string, asOf?: number): Promise<StoredText[]> {
    const { rows } = await sql<Omit<Row, 'tenant_id' | 'document'> & { text: string }>`
      select kind, name, revision, digest, document::text as text, free_text from (
        select distinct on (kind, name) * from document_history_v1
        where tenant_id = ${tenantId} and revision <= ${asOf ?? Number.MAX_SAFE_INTEGER}
        order by kind, name, revision desc
      ) latest where document is not null order by kind, name
    `.execute(this.em.fork().getKysely());
    return rows.map(({ free_text: freeText, revision, ...row }) => ({ ...row, revision: Number(revision), freeText }));
  }

  /** The documents of one kind in force, after a name, in the order of names. */
  async page(tenantId: string, kind: DocumentKind, afterName: string, limit: number): Promise<StoredDocument[]> {
    const { rows } = await sql<Row>`
      select * from (
        select distinct on (name) * from document_history_v1
        where tenant_id = ${tenantId} and kind = ${kind} and name > ${afterName}
        order by name, revision desc
      ) latest where document is not null order by name limit ${limit}
    `.execute(this.em.fork().getKysely());
    return rows.map(stored);
  }

  async find(tenantId: string, kind: DocumentKind, name: string): Promise<StoredDocument | undefined> {
    const { rows } = await sql<Row>`
      select * from document_history_v1 where tenant_id = ${tenantId} and kind = ${kind} and name = ${name}
      order by revision desc limit 1
    `.execute(this.em.fork().getKysely());
    return rows.filter(({ document }) => document !== null).map(stored)[0];
  }
}

function stored({ tenant_id: tenantId, kind, name, revision, digest, document, free_text: freeText }: Row) {
  return { tenantId, kind, name, revision: Number(revision), digest, document: readDocument(document), freeText };
}

/** Fills the table behind {@link DocumentHistory}. */
export const documentHistory: ReadModel<RevisionEvent> = {
  name: 'document_history_v1',
  types: [RevisionPublished.type],
  apply: async (tx, { event: { data } }) => {
    const rows = data.changes.map(({ kind, name, document, digest, freeText, prompt }) => ({
      kind,
      name,
      document,
      digest,
      freeText,
      prompt,
    }));
    await sql`
      insert into document_history_v1 (tenant_id, kind, name, revision, digest, document, free_text, prompt)
      select ${data.tenantId}, c ->> 'kind', c ->> 'name', ${data.revision}::bigint, c ->> 'digest',
        nullif(c -> 'document', 'null'::jsonb), nullif(c -> 'freeText', 'null'::jsonb), c -> 'prompt'
      from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) c
      on conflict do nothing
    `.execute(tx.getKysely());
  },
  truncate: async (tx) => {
    await sql`delete from document_history_v1`.execute(tx.getKysely());
  },
};
