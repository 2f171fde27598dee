import { CallerParam, Requires, type Caller } from '#libs/access';
import { page } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { AuditReach } from '../records/audit-reach.js';
import { columnFilters, conditionsOf, recordQuery, type Conditions } from '../records/record-filter.js';
import type { Reach } from '../records/audit-reach.js';
import { ShownChange } from './change-answers.js';
import { changeCursor, ChangeList, type ChangeRow } from './change-list.js';

const COLUMNS = ['service', 'type', 'resource_type', 'resource', 'actor', 'request_id', 'decision_id'] as const;
const ListQuery = z.strictObject({
  ...recordQuery,
  ...columnFilters(COLUMNS),
  policy_revision: z.coerce.number().int().min(1).optional(),
});
type ListQuery = z.output<typeof ListQuery>;

/** Every domain event of every service: who changed what, from what, to what, and why. */
@Controller('v1/changes')
export class ChangesController {
  constructor(
    private readonly reach: AuditReach,
    private readonly list: ChangeList,
  ) {}

  /** Newest first. Whoever may see their own records only sees the changes that they made. */
  @Get()
  @Requires('audit:read')
  @Answers('Lists changes, newest first.', { 200: listOf(ShownChange) })
  async changes(@CallerParam() caller: Caller, @Query({ schema: ListQuery }) query: ListQuery) {
    const reach = this.reach.of(caller, 'changes', query.tenant);
    const rows = await this.list.page(query, conditionsFor(reach, query));
    this.reach.grant(caller, 'changes', reach);
    return page(rows, query.limit, changeCursor, shownChange);
  }
}

function conditionsFor({ tenant, owner }: Reach, query: ListQuery): Conditions {
  const { where, params } = conditionsOf({ tenant, owner: undefined }, COLUMNS, query);
  return {
    where: [
      ...where,
      ...(owner === undefined ? [] : ['actor = {reach_owner:String}']),
      ...(query.policy_revision === undefined ? [] : ['policy_revision = {policy_revision:UInt64}']),
    ],
    params: { ...params, reach_owner: owner, policy_revision: query.policy_revision },
  };
}

/** JSON columns as what they hold; null for none. */
function shownChange(row: ChangeRow) {
  const parsed = (text: string): unknown => (text === '' ? null : JSON.parse(text));
  return {
    object: 'change',
    ...row,
    before: parsed(row.before),
    after: parsed(row.after),
    reason: parsed(row.reason),
    free_text: parsed(row.free_text),
  };
}
