import { CallerParam, Requires, type Caller } from '#libs/access';
import { page, problem } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { shownCall } from '../calls/calls.controller.js';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { IngestSource } from '../ingest/ingest-source.js';
import { DecisionTail } from '../live/decision-tail.js';
import { eventText, lastEventId, wantsEvents } from '../live/event-text.js';
import { LiveStreams, type Listener } from '../live/live-streams.js';
import { StoredPlaces } from '../live/stored-places.js';
import { AuditReach } from '../records/audit-reach.js';
import { columnFilters, conditionsOf, recordQuery } from '../records/record-filter.js';
import { RecordFinder } from '../records/record-finder.js';
import { cursorOf, isDecisionId, RecordList, type RecordRow } from '../records/record-list.js';
import { DecisionWithCall, ShownDecision } from '../records/record-answers.js';

const COLUMNS = [
  'outcome',
  'code',
  'reason',
  'service',
  'action',
  'principal_id',
  'key_id',
  'requested_model',
  'resolved_model',
  'environment',
  'request_id',
] as const;
const ListQuery = z.strictObject({ ...recordQuery, ...columnFilters(COLUMNS) });
type ListQuery = z.output<typeof ListQuery>;

/** Between two looks for decisions to come. */
const LIVE_PAUSE_MS = 400;

const shownDecision = (row: RecordRow) => ({ object: 'decision', ...row });

/** Every access decision of every service, as it was recorded. */
@Controller('v1/decisions')
export class DecisionsController {
  constructor(
    private readonly reach: AuditReach,
    private readonly list: RecordList,
    private readonly finder: RecordFinder,
    private readonly database: AuditDatabase,
    private readonly places: StoredPlaces,
    private readonly source: IngestSource,
    private readonly streams: LiveStreams,
  ) {}

  /** Newest first; those to come, as events, to who accepts `text/event-stream`. */
  @Get()
  @Requires('audit:read')
  @Answers(
    'Lists decisions, newest first; those to come, as events, to who accepts text/event-stream.',
    { 200: listOf(ShownDecision) },
    { problems: [429] },
  )
  async decisions(
    @CallerParam() caller: Caller,
    @Query({ schema: ListQuery }) query: ListQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const reach = this.reach.of(caller, 'decisions', query.tenant);
    if (wantsEvents(request)) return this.follow({ caller, request, reply, collection: 'decisions', reach }, query);
    const rows = await this.list.page('decisions', query, conditionsOf(reach, COLUMNS, query));
    this.reach.grant(caller, 'decisions', reach);
    return page(rows, query.limit, cursorOf, shownDecision);
  }

  /** With how its call ended, once there is such a record. */
  @Get(':decisionId')
  @Requires('audit:read')
  @Answers('Shows a decision, with how its call ended.', { 200: DecisionWithCall })
  async decision(@CallerParam() caller: Caller, @Param('decisionId') id: string) {
    const reach = this.reach.of(caller, 'decisions');
    const conditions = conditionsOf(reach);
    const row = isDecisionId(id) ? await this.finder.find('decisions', id, conditions) : undefined;
    if (!row) throw this.reach.missing(caller, 'decisions', id);
    const call = row['outcome'] === 'allow' ? await this.finder.find('calls', id, conditions) : undefined;
    this.reach.grant(caller, 'decisions', reach);
    return { ...shownDecision(row), call: call ? shownCall(call) : null };
  }

  private async follow(listener: Listener, query: ListQuery) {
    const past = (['after', 'from', 'to'] as const).filter((name) => query[name] !== undefined);
    if (past.length > 0) {
      const errors = past.map((parameter) => ({ parameter, detail: 'Of no use for what is to come.' }));
      throw problem(400, 'invalid_request', 'Only decisions to come can be followed.', errors);
    }
    const { caller, reach, request } = listener;
    const { database, places, source } = this;
    const conditions = conditionsOf(reach, COLUMNS, query);
    const after = lastEventId(request);
    const tail = await DecisionTail.from({ database, places, source }, { tenant: reach.tenant, conditions, after });
    this.reach.grant(caller, 'decisions', reach);
    const look = async () => {
      const { told, isMore } = await tail.next();
      return { text: told.map(({ row, place }) => eventText('decision', shownDecision(row), place)).join(''), isMore };
    };
    const first = tail.hasMissed ? eventText('gap', { reason: 'place_unknown' }) : '';
    return this.streams.start(listener, { look, pauseMs: LIVE_PAUSE_MS, first, place: () => tail.place });
  }
}
