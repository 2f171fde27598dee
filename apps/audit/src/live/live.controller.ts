import { CallerParam, Requires, type Caller } from '#libs/access';
import { Answers } from '#libs/openapi';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AuditReach } from '../records/audit-reach.js';
import { recordQuery } from '../records/record-filter.js';
import { eventText, wantsEvents } from './event-text.js';
import { ShownLiveFigures } from './live-answers.js';
import { LiveFigures } from './live-figures.js';
import { LiveStreams } from './live-streams.js';

const PAUSE_MS = 1_000;
const MINUTES_MAX = 60;

const LiveQuery = z.strictObject({
  tenant: recordQuery.tenant,
  /** How many, this one included. */
  minutes: z
    .string()
    .regex(/^\d{1,2}$/, 'a number')
    .transform(Number)
    .pipe(z.int().min(1).max(MINUTES_MAX))
    .default(5),
});
type LiveQuery = z.output<typeof LiveQuery>;

/** Figures of the last minutes, as they come. */
@Controller('v1/analytics/live')
export class LiveController {
  constructor(
    private readonly reach: AuditReach,
    private readonly figures: LiveFigures,
    private readonly streams: LiveStreams,
  ) {}

  /** Once, or each second to who accepts `text/event-stream`. */
  @Get()
  @Requires('audit:read')
  @Answers(
    'Shows the figures of the last minutes; each second, as events, to who accepts text/event-stream.',
    { 200: ShownLiveFigures },
    { problems: [429] },
  )
  async live(
    @CallerParam() caller: Caller,
    @Query({ schema: LiveQuery }) query: LiveQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const reach = this.reach.of(caller, 'analytics', query.tenant);
    const shown = async () => ({ object: 'live_figures', ...(await this.figures.of(reach, query.minutes)) });
    if (!wantsEvents(request)) {
      const figures = await shown();
      this.reach.grant(caller, 'analytics', reach);
      return figures;
    }
    this.reach.grant(caller, 'analytics', reach);
    const look = async () => ({ text: eventText('figures', await shown()) });
    return this.streams.start({ caller, request, reply, collection: 'analytics', reach }, { look, pauseMs: PAUSE_MS });
  }
}
