import { CallerParam, Requires, type Caller } from '#libs/access';
import { problem } from '#libs/http';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { AuditReach } from '../records/audit-reach.js';
import { conditionsOf, recordQuery } from '../records/record-filter.js';
import { instant, msOf } from '../records/record-list.js';
import { ShownUsage } from './usage-answers.js';

const DIMENSIONS = [
  'principal_id',
  'key_id',
  'resolved_model',
  'provider_account',
  'environment',
  'operation',
  'currency',
] as const;
const DIMENSIONS_MAX = 3;
/** Most groups of an answer; `truncated` tells when there are more. */
const GROUPS_MAX = 1_000;
const DAY_MS = 86_400_000;

const { tenant, from, to } = recordQuery;
const UsageQuery = z.strictObject({
  tenant,
  from,
  to,
  /** Up to three, with commas between them. */
  group_by: z
    .string()
    .max(128)
    .transform((text) => [...new Set(text.split(','))])
    .pipe(z.array(z.enum(DIMENSIONS)).min(1).max(DIMENSIONS_MAX))
    .optional(),
});
type UsageQuery = z.output<typeof UsageQuery>;

/** Sums of calls by minute. */
@Controller('v1/usage')
export class UsageController {
  constructor(
    private readonly reach: AuditReach,
    private readonly database: AuditDatabase,
    private readonly clock: Clock,
  ) {}

  /** The last day unless said otherwise; whole minutes: `from`'s minute is included, `to`'s is not. */
  @Get()
  @Requires('audit:read')
  @Answers('Sums usage.', { 200: ShownUsage })
  async usage(@CallerParam() caller: Caller, @Query({ schema: UsageQuery }) query: UsageQuery) {
    const reach = this.reach.of(caller, 'usage', query.tenant);
    const toMs = wholeMinute(msOf(query.to) ?? this.clock.nowMs() + 60_000);
    const fromMs = wholeMinute(msOf(query.from) ?? toMs - DAY_MS);
    if (fromMs >= toMs) throw problem(400, 'invalid_request', 'The time ends before it begins.');
    // Costs in different currencies have no sum.
    const groups = [...new Set([...(query.group_by ?? []), 'currency'])].join(', ');
    const { where, params } = conditionsOf(reach);
    const time = [`minute >= ${instant('from_ms')}`, `minute < ${instant('to_ms')}`];
    const rows = await this.database.rows(
      `SELECT ${groups}, sum(c.calls) AS calls, sum(c.input_tokens) AS input_tokens,
        sum(c.cached_input_tokens) AS cached_input_tokens, sum(c.output_tokens) AS output_tokens,
        sum(c.reasoning_tokens) AS reasoning_tokens, sum(c.cost) AS cost
      FROM calls_by_minute AS c WHERE ${[...where, ...time].join(' AND ')}
      GROUP BY ${groups} ORDER BY calls DESC, ${groups} LIMIT ${GROUPS_MAX + 1}`,
      { ...params, from_ms: fromMs, to_ms: toMs },
    );
    this.reach.grant(caller, 'usage', reach);
    return {
      object: 'usage',
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      data: rows.slice(0, GROUPS_MAX),
      truncated: rows.length > GROUPS_MAX,
    };
  }
}

const wholeMinute = (ms: number) => Math.floor(ms / 60_000) * 60_000;
