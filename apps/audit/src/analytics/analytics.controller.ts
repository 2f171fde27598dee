import { CallerParam, PolicyView, Requires, type Caller } from '#libs/access';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Controller, Get, Query } from '@nestjs/common';
import type { z } from 'zod';
import { AuditReach } from '../records/audit-reach.js';
import { ShownFigures } from './analytics-answers.js';
import { zoneOf } from './calendar.js';
import { CALL_COLUMNS, CALLS, LATENCY, REQUEST_COLUMNS, REQUESTS, USES, type Cube } from './cube.js';
import { DAY_MS, figuresQuery, timeOf } from './figures-question.js';
import { FiguresReader } from './figures-reader.js';

const RequestsQuery = figuresQuery(REQUEST_COLUMNS);
const CallsQuery = figuresQuery(CALL_COLUMNS);
type FiguresQuery = z.output<typeof RequestsQuery> | z.output<typeof CallsQuery>;

/** How far back uses are looked for unless said otherwise. */
const USES_MS = 30 * DAY_MS;

/** Figures over any time, grain, and up to three dimensions; each equal to what the rows themselves say. */
@Controller('v1/analytics')
export class AnalyticsController {
  constructor(
    private readonly reach: AuditReach,
    private readonly reader: FiguresReader,
    private readonly policy: PolicyView,
    private readonly clock: Clock,
  ) {}

  /** Allowed and denied; `outcome=deny&group_by=reason` says why. */
  @Get('requests')
  @Requires('audit:read')
  @Answers('Counts requests, allowed and denied.', { 200: ShownFigures })
  requests(@CallerParam() caller: Caller, @Query({ schema: RequestsQuery }) query: z.output<typeof RequestsQuery>) {
    return this.figures(caller, REQUESTS, query);
  }

  /** Each currency apart. */
  @Get('calls')
  @Requires('audit:read')
  @Answers('Sums calls, tokens and costs.', { 200: ShownFigures })
  calls(@CallerParam() caller: Caller, @Query({ schema: CallsQuery }) query: z.output<typeof CallsQuery>) {
    return this.figures(caller, CALLS, query);
  }

  /** Exact percentiles, in milliseconds. */
  @Get('latency')
  @Requires('audit:read')
  @Answers('Says how long calls took, whole and to their first token.', { 200: ShownFigures })
  latency(@CallerParam() caller: Caller, @Query({ schema: CallsQuery }) query: z.output<typeof CallsQuery>) {
    return this.figures(caller, LATENCY, query);
  }

  /** Who used what last: `group_by=key_id`, `principal_id,resolved_model`, `statement`; of the last 30 days unless said. */
  @Get('uses')
  @Requires('audit:read')
  @Answers('Says when things were first and last used, the latest first.', { 200: ShownFigures })
  uses(@CallerParam() caller: Caller, @Query({ schema: RequestsQuery }) query: z.output<typeof RequestsQuery>) {
    return this.figures(caller, USES, query, USES_MS);
  }

  private async figures(caller: Caller, cube: Cube, query: FiguresQuery, spanMs = DAY_MS) {
    const reach = this.reach.of(caller, 'analytics', query.tenant);
    const { fromMs, toMs } = timeOf(query, this.clock.nowMs(), spanMs);
    const { group_by: dimensions = [], grain } = query;
    const timeZone = zoneOf(this.policy, reach, query.time_zone);
    const found = await this.reader.ask(cube, { reach, fromMs, toMs, dimensions, grain, timeZone, equal: query });
    this.reach.grant(caller, 'analytics', reach);
    const time = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
    return { object: 'figures', ...time, time_zone: timeZone, ...found };
  }
}
