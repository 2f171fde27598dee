import { CallerParam, Requires, type Caller } from '#libs/access';
import { problem } from '#libs/http';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { CALLS } from '../analytics/cube.js';
import { FiguresReader } from '../analytics/figures-reader.js';
import { AuditReach } from '../records/audit-reach.js';
import { recordQuery } from '../records/record-filter.js';
import { msOf } from '../records/record-list.js';
import { ShownUsage } from './usage-answers.js';

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

/** Sums of calls by minute. */
@Controller('v1/usage')
export class UsageController {
  constructor(
    private readonly reach: AuditReach,
    private readonly reader: FiguresReader,
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
}

const wholeMinute = (ms: number) => Math.floor(ms / 60_000) * 60_000;
