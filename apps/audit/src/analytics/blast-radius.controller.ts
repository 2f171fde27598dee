import { CallerParam, Requires, type Caller } from '#libs/access';
import { problem } from '#libs/http';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { AuditReach, type Reach } from '../records/audit-reach.js';
import { recordQuery } from '../records/record-filter.js';
import { ShownBlastRadius } from './analytics-answers.js';
import { CALLS, USES, type Cube } from './cube.js';
import { FiguresReader } from './figures-reader.js';

/** Most lines of each list. */
const LINES_MAX = 1_000;
/** A clock of another service may be ahead: what it dated later than now counts as well. */
const AHEAD_MS = 60_000;

const RadiusQuery = z.strictObject({
  tenant: recordQuery.tenant,
  key_id: z.string().min(1).max(64),
  since: z.iso.datetime({ offset: true }),
});
type RadiusQuery = z.output<typeof RadiusQuery>;

/** What somebody did with a key: what to look at when its text got into wrong hands. */
@Controller('v1/analytics/blast-radius')
export class BlastRadiusController {
  constructor(
    private readonly reach: AuditReach,
    private readonly reader: FiguresReader,
    private readonly clock: Clock,
  ) {}

  /** Of a key that did nothing, is another tenant's or none, all of it is empty alike. */
  @Get()
  @Requires('audit:read')
  @Answers('Shows what a key reached since a moment.', { 200: ShownBlastRadius })
  async radius(@CallerParam() caller: Caller, @Query({ schema: RadiusQuery }) query: RadiusQuery) {
    const reach = this.reach.of(caller, 'analytics', query.tenant);
    const lists = await this.lists(reach, query);
    this.reach.grant(caller, 'analytics', reach);
    const { use, ...others } = lists;
    const named = Object.entries(others);
    return {
      object: 'blast_radius',
      key_id: query.key_id,
      since: new Date(query.since).toISOString(),
      use: use.data[0] ?? {},
      ...Object.fromEntries(named.map(([name, { data }]) => [name, data])),
      truncated: named.filter(([, { truncated }]) => truncated).map(([name]) => name),
    };
  }

  private async lists(reach: Reach, { key_id, since }: RadiusQuery) {
    const fromMs = Date.parse(since);
    const toMs = this.clock.nowMs() + AHEAD_MS;
    if (fromMs >= toMs) throw problem(400, 'invalid_request', 'This moment is yet to come.');
    const ask = (cube: Cube, ...dimensions: string[]) =>
      this.reader.ask(cube, { reach, fromMs, toMs, dimensions, equal: { key_id } }, LINES_MAX);
    const [use, spend, models, addresses, actions] = await Promise.all([
      ask(USES),
      ask(CALLS),
      ask(CALLS, 'resolved_model', 'provider_account', 'environment'),
      ask(USES, 'ip'),
      ask(USES, 'action', 'resource', 'outcome'),
    ]);
    return { use, spend, models, addresses, actions };
  }
}
