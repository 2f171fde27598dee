import {
  documentKey,
  ProviderCredentialSet,
  RevisionPublished,
  secretKey,
  topics,
  type PolicyEvent,
} from '#libs/contracts';
import type { ReadModel } from '#libs/event-store';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

/** A record of a state topic. */
export type SupersededRecord = { readonly topic: string; readonly key: string };

/**
 * One record that an event brings. A record that only says "deleted" has nobody after it, and goes like the others; the
 * versions of a prompt that it keeps are needed for as long as it is.
 */
type Brought = { key: string; subject: string; version: number; isDeletion: boolean; kept: readonly number[] };

/** Records whose successors are in force. */
@Injectable()
export class SupersededRecords {
  constructor(private readonly em: EntityManager) {}

  /** Those superseded by then and not tombstoned yet, in the order in which they were: what a deletion followed goes first. */
  async due(supersededBy: Date, limit: number): Promise<SupersededRecord[]> {
    const { rows } = await sql<SupersededRecord>`
      select topic, key from superseded_records_v1 s
      where superseded_at <= ${supersededBy.toISOString()}::timestamptz
        and not exists (select from tombstoned_records t where t.topic = s.topic and t.key = s.key)
      order by superseded_at, version limit ${limit}
    `.execute(this.em.fork().getKysely());
    return rows;
  }

  async markTombstoned(records: readonly SupersededRecord[]): Promise<void> {
    await sql`
      insert into tombstoned_records (topic, key)
      select * from unnest(${records.map(({ topic }) => topic)}::text[], ${records.map(({ key }) => key)}::text[])
      on conflict do nothing
    `.execute(this.em.fork().getKysely());
  }
}

function brought(event: PolicyEvent): { topic: string; at: string; records: Brought[] } {
  if (event.type === ProviderCredentialSet.type) {
    const { tenantId, account, version, at } = event.data;
    const record = { key: secretKey(tenantId, account, version), subject: `${tenantId}/${account}`, version };
    return { topic: topics.policySecrets.name, at, records: [{ ...record, isDeletion: false, kept: [] }] };
  }
  const { tenantId, revision, changes, at } = event.data;
  const records = changes.map(({ kind, name, digest, prompt }) => ({
    key: documentKey(tenantId, kind, name, revision),
    subject: `${tenantId}/${kind}/${name}`,
    version: revision,
    isDeletion: digest === null,
    kept: prompt?.kept.map((each) => each.revision) ?? [],
  }));
  return { topic: topics.policyState.name, at, records };
}

/** Fills the table behind {@link SupersededRecords}. */
export const supersededRecords: ReadModel<PolicyEvent> = {
  name: 'superseded_records_v1',
  types: [RevisionPublished.type, ProviderCredentialSet.type],
  apply: async (tx, { event }) => {
    const { topic, at, records } = brought(event);
    const rows = JSON.stringify(records);
    await sql`
      update superseded_records_v1 s set superseded_at = ${at}::timestamptz
      from jsonb_to_recordset(${rows}::jsonb) as r(subject text, version bigint, kept bigint[])
      where s.topic = ${topic} and s.subject = r.subject and s.version < r.version and s.superseded_at is null
        and not s.version = any(r.kept)
    `.execute(tx.getKysely());
    await sql`
      insert into superseded_records_v1 (topic, key, subject, version, superseded_at)
      select ${topic}, key, subject, version, case when "isDeletion" then ${at}::timestamptz end
      from jsonb_to_recordset(${rows}::jsonb) as r(key text, subject text, version bigint, "isDeletion" boolean)
      on conflict do nothing
    `.execute(tx.getKysely());
  },
  truncate: async (tx) => {
    await sql`delete from superseded_records_v1`.execute(tx.getKysely());
  },
};
