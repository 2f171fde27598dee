import { Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import type { Conditions } from './record-filter.js';
import { instant, type RecordRow } from './record-list.js';

const HOUR_MS = 3_600_000;
/** The broker takes a record soon after its id was made; later only where a spool had to wait. */
const BEFORE_MS = HOUR_MS;
const AFTER_MS = 26 * HOUR_MS;

/** Finds one row by its decision. */
@Injectable()
export class RecordFinder {
  constructor(private readonly database: AuditDatabase) {}

  /** Looks first into the days in which an id of that age must have arrived, then everywhere. */
  async find(
    table: 'decisions' | 'calls',
    decisionId: string,
    { where, params }: Conditions,
  ): Promise<RecordRow | undefined> {
    const look = async (narrowing: readonly string[], more: Readonly<Record<string, unknown>> = {}) => {
      const all = [...where, 'decision_id = {decision_id:UUID}', ...narrowing];
      const query = `SELECT * FROM ${table} WHERE ${all.join(' AND ')} ORDER BY kafka_offset LIMIT 1`;
      const [row] = await this.database.rows<RecordRow>(query, { ...params, decision_id: decisionId, ...more });
      return row;
    };
    const madeMs = timeOfUuid(decisionId);
    if (madeMs === undefined) return look([]);
    const days = [`appended_at >= ${instant('from_ms')}`, `appended_at < ${instant('to_ms')}`];
    return (await look(days, { from_ms: madeMs - BEFORE_MS, to_ms: madeMs + AFTER_MS })) ?? look([]);
  }
}

/** When a UUIDv7 was made, by the clock of the machine (services with a shifted clock make ids by it too), in ms. */
export function timeOfUuid(text: string): number | undefined {
  return text[14] === '7' ? Number.parseInt(text.replace('-', '').slice(0, 12), 16) : undefined;
}
