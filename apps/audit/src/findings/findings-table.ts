import type { Finding } from '#libs/contracts';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';

/** A finding as it is stored and shown. */
export type FindingRow = {
  readonly finding_id: string;
  readonly tenant_id: string;
  readonly kind: Finding['kind'];
  readonly at: string;
  readonly owner_id: string;
  readonly key_id: string;
  readonly virtual_account_id: string;
  readonly unused_since: string | null;
  readonly last_used_at: string | null;
  readonly rule: string;
  readonly sink: string;
  readonly model: string;
  readonly document: string;
  readonly due_at: string | null;
  readonly per: Readonly<Record<string, string>>;
  readonly percent: number;
  readonly used: string;
  readonly of_limit: string;
  readonly window_start: string | null;
  readonly window_end: string | null;
  readonly resolved_at: string | null;
};

/** Most findings that hold at one time and are looked after. */
export const FINDINGS_OPEN_MAX = 50_000;
const COLUMNS = `finding_id, tenant_id, kind, at, owner_id, key_id, virtual_account_id, unused_since, last_used_at, rule, sink,
  model, document, due_at, per, percent, used, of_limit, window_start, window_end, resolved_at`;

/** What was found, and whether it still holds. Writing the same again changes nothing. */
@Injectable()
export class FindingsTable {
  constructor(
    private readonly database: AuditDatabase,
    private readonly clock: Clock,
  ) {}

  /** Those that hold, as of the last time anybody looked. */
  open(): Promise<FindingRow[]> {
    return this.database.rows<FindingRow>(
      `SELECT ${COLUMNS} FROM findings FINAL WHERE resolved_at IS NULL ORDER BY tenant_id, finding_id
       LIMIT {rows:UInt32}`,
      { rows: FINDINGS_OPEN_MAX },
    );
  }

  async put(rows: readonly FindingRow[]): Promise<void> {
    const version = Math.floor(this.clock.nowMs());
    await this.database.insert(
      'findings',
      rows.map((row) => ({ ...row, version })),
    );
  }
}

const NONE = {
  owner_id: '',
  key_id: '',
  virtual_account_id: '',
  unused_since: null,
  last_used_at: null,
  rule: '',
  sink: '',
  model: '',
  document: '',
  due_at: null,
  per: {},
  percent: 0,
  used: '',
  of_limit: '',
  window_start: null,
  window_end: null,
  resolved_at: null,
};

export function rowOfFinding(finding: Finding): FindingRow {
  const { findingId: finding_id, tenantId: tenant_id, kind, at } = finding;
  return { ...NONE, finding_id, tenant_id, kind, at, ...about(finding) };
}

function about(finding: Finding): Partial<FindingRow> {
  switch (finding.kind) {
    case 'account-ownerless':
      return { virtual_account_id: finding.virtualAccountId };
    case 'rotation-failing':
      return { owner_id: finding.ownerId, key_id: finding.keyId, sink: finding.sink };
    case 'rotation-overdue':
      return { owner_id: finding.ownerId, key_id: finding.keyId, due_at: finding.dueAt, rule: finding.rule };
    case 'limit-reached': {
      const { rule, per, percent, used, limit: of_limit, windowStart, windowEnd } = finding;
      return { rule, per, percent, used, of_limit, window_start: windowStart, window_end: windowEnd };
    }
    case 'model-untagged':
      return { model: finding.model };
    case 'document-untagged':
      return { document: finding.document };
    case 'grant-unused':
      return { owner_id: finding.ownerId, rule: finding.rule, unused_since: finding.unusedSince };
    case 'model-open':
      return { model: finding.model, rule: finding.rule };
    default: {
      const { ownerId: owner_id, keyId: key_id, unusedSince: unused_since, lastUsedAt: last_used_at, rule } = finding;
      return { owner_id, key_id, unused_since, last_used_at, rule };
    }
  }
}
