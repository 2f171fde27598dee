import { CallerParam, Requires, type Caller } from '#libs/access';
import { page } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { shownCall } from '../calls/calls.controller.js';
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

const shownDecision = (row: RecordRow) => ({ object: 'decision', ...row });

/** Every access decision of every service, as it was recorded. */
@Controller('v1/decisions')
export class DecisionsController {
  constructor(
    private readonly reach: AuditReach,
    private readonly list: RecordList,
    private readonly finder: RecordFinder,
  ) {}

  /** Newest first. */
  @Get()
  @Requires('audit:read')
  @Answers('Lists decisions, newest first.', { 200: listOf(ShownDecision) })
  async decisions(@CallerParam() caller: Caller, @Query({ schema: ListQuery }) query: ListQuery) {
    const reach = this.reach.of(caller, 'decisions', query.tenant);
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
}
