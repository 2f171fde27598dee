import { Injectable } from '@nestjs/common';
import { PLATFORM_TENANT } from '#libs/contracts';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import type { CallerFacts, DecidedRow } from './recorded-decision.js';

/** Things that one question names: they travel in its address. */
const THINGS_PER_QUESTION_MAX = 200;

type StateRow = { readonly resource: string; readonly position: number; readonly after: string };

/** What keys and accounts were when decisions were made, from identity's events. */
@Injectable()
export class CallerHistory {
  constructor(private readonly database: AuditDatabase) {}

  /** In the order of the rows. @throws ProblemError 503 `audit_unavailable` */
  async of(rows: readonly DecidedRow[]): Promise<CallerFacts[]> {
    const restricted = rows.filter(({ attributes }) => 'credential.restricted' in attributes);
    const accounts = rows.filter(({ principal_kind: kind }) => kind !== 'user');
    const keys = await this.states('api-key', new Set(restricted.map(({ key_id: id }) => id)));
    const named = await this.states('virtual-account', new Set(accounts.map(({ principal_id: id }) => id)));
    return rows.map((row) => {
      const key = stateAt(keys.get(row.key_id), row.identity_position);
      const account = stateAt(named.get(row.principal_id), row.identity_position);
      return {
        restrictions: key?.['restrictions'],
        name: typeof account?.['name'] === 'string' ? account['name'] : undefined,
        operator: account?.['operator'] === true && row.tenant_id === PLATFORM_TENANT,
      };
    });
  }

  /** Every state of each, oldest first. */
  private async states(type: string, ids: ReadonlySet<string>): Promise<Map<string, StateRow[]>> {
    const wanted = [...ids].filter((id) => id !== '');
    const found: StateRow[] = [];
    for (let from = 0; from < wanted.length; from += THINGS_PER_QUESTION_MAX) {
      found.push(
        ...(await this.database.rows<StateRow>(
          `SELECT resource, position, after FROM changes
            WHERE service = 'identity' AND resource_type = {type:String} AND resource IN {ids:Array(String)}
            ORDER BY kafka_offset, kafka_index`,
          { type, ids: wanted.slice(from, from + THINGS_PER_QUESTION_MAX) },
        )),
      );
    }
    return Map.groupBy(found, ({ resource }) => resource);
  }
}

function stateAt(states: readonly StateRow[] = [], position: number): Record<string, unknown> | undefined {
  const state = states.findLast((row) => row.position <= position && row.after !== '');
  return state && (JSON.parse(state.after) as Record<string, unknown>);
}
