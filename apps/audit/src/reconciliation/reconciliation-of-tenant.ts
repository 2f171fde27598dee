import { Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { beginning } from './window.js';

type Counts = {
  readonly decisions: number;
  readonly distinct_decision_ids: number;
  readonly calls: number;
  readonly distinct_call_ids: number;
  readonly allowed_calls: number;
  readonly calls_without_end: number;
};

/** Counts of one tenant's rows, for its own administrators. */
@Injectable()
export class ReconciliationOfTenant {
  constructor(private readonly database: AuditDatabase) {}

  async look(tenant: string, from: string | undefined) {
    const { sql: begins, params } = beginning(from);
    const rows = `tenant_id = {tenant:String} AND appended_at >= ${begins}`;
    const allowed = `service = 'gateway' AND action = 'model:invoke' AND outcome = 'allow'`;
    const [counts] = await this.database.rows<Counts>(
      `WITH ended AS (SELECT decision_id FROM calls WHERE ${rows})
      SELECT count() AS decisions, uniqExact(decision_id) AS distinct_decision_ids,
        (SELECT count() FROM ended) AS calls, (SELECT uniqExact(decision_id) FROM ended) AS distinct_call_ids,
        countIf(${allowed}) AS allowed_calls,
        countIf(${allowed} AND decision_id NOT IN (SELECT decision_id FROM ended)) AS calls_without_end
      FROM decisions WHERE ${rows}`,
      { ...params, tenant },
    );
    if (!counts) throw new Error('an aggregate without a row');
    const { decisions, distinct_decision_ids, calls, distinct_call_ids } = counts;
    return {
      object: 'reconciliation',
      scope: 'tenant',
      tenant,
      consistent: decisions === distinct_decision_ids && calls === distinct_call_ids,
      ...counts,
    };
  }
}
