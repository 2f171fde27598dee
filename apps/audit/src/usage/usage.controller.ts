import { CallerParam, PolicyView, Requires, type Caller } from '#libs/access';
import { problem } from '#libs/http';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { monthIn, TimeZoneQuery, zoneOf } from '../analytics/calendar.js';
import { CALLS } from '../analytics/cube.js';
import { FiguresReader } from '../analytics/figures-reader.js';
import { AuditReach } from '../records/audit-reach.js';
import { recordQuery } from '../records/record-filter.js';
import { msOf } from '../records/record-list.js';
import { ShownUsage, ShownUsageReport } from './usage-answers.js';
import { LINE_DIMENSIONS, UsageReport } from './usage-report.js';

const DIMENSIONS = CALLS.rollup?.columns ?? [];
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

const ReportQuery = z.strictObject({
  tenant,
  /** `2026-11`. */
  month: z.string().regex(/^20\d\d-(?:0[1-9]|1[0-2])$/, 'a month like 2026-11'),
  /** The tenant's own unless said. */
  time_zone: TimeZoneQuery,
  /** What a line is of. */
  group_by: z
    .string()
    .max(128)
    .transform((text) => [...new Set(text.split(','))])
    .pipe(z.array(z.enum(LINE_DIMENSIONS)).min(1))
    .default([...LINE_DIMENSIONS]),
});
type ReportQuery = z.output<typeof ReportQuery>;

/** Sums of calls by minute. */
@Controller('v1/usage')
export class UsageController {
  constructor(
    private readonly reach: AuditReach,
    private readonly reader: FiguresReader,
    private readonly reports: UsageReport,
    private readonly policy: PolicyView,
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
    const question = { reach, fromMs, toMs, dimensions: query.group_by ?? [], equal: {} };
    const { data, truncated } = await this.reader.ask(CALLS, question, GROUPS_MAX);
    this.reach.grant(caller, 'usage', reach);
    const time = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
    return { object: 'usage', ...time, data, truncated };
  }

  /** What a month came to: every call is in one line, and the lines of a currency sum up to its total. */
  @Get('report')
  @Requires('audit:read')
  @Answers('Bills a month, line by line.', { 200: ShownUsageReport })
  async report(@CallerParam() caller: Caller, @Query({ schema: ReportQuery }) query: ReportQuery) {
    const reach = this.reach.of(caller, 'usage', query.tenant);
    const zone = zoneOf(this.policy, reach, query.time_zone);
    const month = monthIn(query.month, zone);
    const { totals, lines, unattributedCalls } = await this.reports.of(reach, month, query.group_by);
    this.reach.grant(caller, 'usage', reach);
    const about = { object: 'usage_report', month: query.month, time_zone: zone } as const;
    return { ...about, totals, lines, unattributed_calls: unattributedCalls };
  }
}

const wholeMinute = (ms: number) => Math.floor(ms / 60_000) * 60_000;
