import { IdentityView } from '#libs/access';
import type { Principal } from '#libs/decision-engine';
import { Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import type { Reach } from '../records/audit-reach.js';
import { conditionsOf } from '../records/record-filter.js';
import { instant } from '../records/record-list.js';
import type { Citations } from './unused-grants.js';

type CitedRow = Citations & { readonly principal_id: string };

/** Who may hold grants, and what decisions cited of them. */
@Injectable()
export class GrantCitations {
  constructor(
    private readonly database: AuditDatabase,
    private readonly identity: IdentityView,
  ) {}

  /** Living principals of a tenant, or the one that the reach names, by their ids. */
  holders({ tenant, owner }: Reach): readonly Principal[] {
    const ofReach = this.identity.directory.principalEntries().flatMap(({ record, engine }) => {
      const isLiving = record?.tenantId === tenant && record?.status !== 'deleted';
      return engine && isLiving && (owner === undefined || engine.id === owner) ? [engine] : [];
    });
    return ofReach.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Of allowed requests since a moment, by principal. Says nothing of decisions that are still on their way. */
  async since(reach: Reach, sinceMs: number): Promise<ReadonlyMap<string, Citations>> {
    const { where, params } = conditionsOf(reach);
    const rows = await this.database.rows<CitedRow>(
      `SELECT principal_id, groupUniqArrayArray(statements) AS statements, max(length(t.statements)) AS longest
        FROM decisions AS t WHERE ${[...where, `at >= ${instant('since_ms')}`, `outcome = 'allow'`].join(' AND ')}
        GROUP BY principal_id`,
      { ...params, since_ms: sinceMs },
    );
    return new Map(rows.map(({ principal_id, ...citations }) => [principal_id, citations]));
  }
}
