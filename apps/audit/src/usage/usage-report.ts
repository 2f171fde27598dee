import { problem } from '#libs/http';
import { Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import type { Reach } from '../records/audit-reach.js';
import { conditionsOf } from '../records/record-filter.js';
import { instant } from '../records/record-list.js';

/** Most lines of a report. One that has more is refused: a bill that lacks lines is none. */
export const LINES_MAX = 10_000;

/** Currencies of one tenant's models in a month; far more than there are. */
const CURRENCIES_MAX = 200;

/** What calls are billed to, finest first; together they attribute every call once. */
export const LINE_DIMENSIONS = ['principal_id', 'key_id', 'resolved_model'] as const;
export type LineDimension = (typeof LINE_DIMENSIONS)[number];

type Sums = {
  readonly currency: string;
  readonly calls: number;
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_tokens: number;
  readonly cost: string;
};
export type ReportLine = Sums & Partial<Record<LineDimension, string>>;
export type UsageReportFound = {
  readonly totals: readonly Sums[];
  readonly lines: readonly ReportLine[];
  /** Calls of nobody. */
  readonly unattributedCalls: number;
};

const SUMS = [
  'sum(t.calls) AS calls',
  ...['input_tokens', 'cached_input_tokens', 'output_tokens', 'reasoning_tokens', 'cost'].map(
    (column) => `sum(t.${column}) AS ${column}`,
  ),
].join(', ');

/** What a month came to, line by line. */
@Injectable()
export class UsageReport {
  constructor(private readonly database: AuditDatabase) {}

  /**
   * Totals and lines are read at once, so that they sum up while calls go on.
   * @param month From its first moment to before the next one's, by when calls began; whole minutes.
   * @throws ProblemError 422 `usage/too-many-lines` beyond `linesMax`; 503 `audit_unavailable`
   */
  async of(
    reach: Reach,
    month: { readonly fromMs: number; readonly toMs: number },
    dimensions: readonly LineDimension[],
    linesMax = LINES_MAX,
  ): Promise<UsageReportFound> {
    const { where, params } = conditionsOf(reach);
    const time = [`minute >= ${instant('from_ms')}`, `minute < ${instant('to_ms')}`];
    const names = ['currency', ...dimensions].join(', ');
    const rows = await this.database.rows<ReportLine & { is_total: number; unattributed: number }>(
      `SELECT ${names}, ${SUMS}, sumIf(t.calls, t.principal_id = '') AS unattributed,
          grouping(${dimensions.join(', ')}) != 0 AS is_total
        FROM calls_by_minute AS t WHERE ${[...where, ...time].join(' AND ')}
        GROUP BY GROUPING SETS ((${names}), (currency))
        ORDER BY is_total DESC, currency, cost DESC, ${names} LIMIT {rows:UInt32}`,
      { ...params, from_ms: month.fromMs, to_ms: month.toMs, rows: linesMax + CURRENCIES_MAX + 1 },
    );
    const lines = rows.filter(({ is_total }) => !is_total);
    if (lines.length > linesMax || rows.length > linesMax + CURRENCIES_MAX) throw tooManyLines();
    const totals = rows.filter(({ is_total }) => is_total);
    return {
      totals: totals.map((row) => sumsOf(row)),
      lines: lines.map((row) => ({
        ...Object.fromEntries(dimensions.map((name) => [name, row[name]])),
        ...sumsOf(row),
      })),
      unattributedCalls: totals.reduce((sum, { unattributed }) => sum + unattributed, 0),
    };
  }
}

function sumsOf(row: ReportLine): Sums {
  const { currency, calls, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost } = row;
  return { currency, calls, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost };
}

function tooManyLines() {
  const detail = 'This month has more lines than a report can have; group by less.';
  return problem(422, 'usage/too-many-lines', detail, [{ parameter: 'group_by', detail }]);
}
