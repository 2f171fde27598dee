import { CallerParam, Requires, type Caller } from '#libs/access';
import { page } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { AuditReach } from '../records/audit-reach.js';
import { columnFilters, conditionsOf, recordQuery } from '../records/record-filter.js';
import { RecordFinder } from '../records/record-finder.js';
import { cursorOf, isDecisionId, RecordList, type RecordRow } from '../records/record-list.js';
import { ShownCall } from '../records/record-answers.js';

const COLUMNS = [
  'outcome',
  'source',
  'error_type',
  'usage_source',
  'principal_id',
  'key_id',
  'requested_model',
  'resolved_model',
  'provider_account',
  'environment',
  'request_id',
] as const;
const ListQuery = z.strictObject({ ...recordQuery, ...columnFilters(COLUMNS) });
type ListQuery = z.output<typeof ListQuery>;

export const shownCall = (row: RecordRow) => ({ object: 'call', ...row });

/** How allowed calls ended, and what they used. */
@Controller('v1/calls')
export class CallsController {
  constructor(
    private readonly reach: AuditReach,
    private readonly list: RecordList,
    private readonly finder: RecordFinder,
  ) {}

  /** Newest first. */
  @Get()
  @Requires('audit:read')
  @Answers('Lists how calls ended, newest first.', { 200: listOf(ShownCall) })
  async calls(@CallerParam() caller: Caller, @Query({ schema: ListQuery }) query: ListQuery) {
    const reach = this.reach.of(caller, 'calls', query.tenant);
    const rows = await this.list.page('calls', query, conditionsOf(reach, COLUMNS, query));
    this.reach.grant(caller, 'calls', reach);
    return page(rows, query.limit, cursorOf, shownCall);
  }

  /** By the id of the decision that allowed it. */
  @Get(':decisionId')
  @Requires('audit:read')
  @Answers('Shows how a call ended.', { 200: ShownCall })
  async call(@CallerParam() caller: Caller, @Param('decisionId') id: string) {
    const reach = this.reach.of(caller, 'calls');
    const row = isDecisionId(id) ? await this.finder.find('calls', id, conditionsOf(reach)) : undefined;
    if (!row) throw this.reach.missing(caller, 'calls', id);
    this.reach.grant(caller, 'calls', reach);
    return shownCall(row);
  }
}
