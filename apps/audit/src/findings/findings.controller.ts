import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { decodeCursor, page, pageQuery, problem } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import { conditionsOf, columnFilters, type Conditions } from '../records/record-filter.js';
import { ShownFinding } from './finding-answers.js';
import type { FindingRow } from './findings-table.js';

const COLUMNS = ['kind', 'owner_id', 'key_id', 'virtual_account_id'] as const;
const ListQuery = z.strictObject({
  ...pageQuery,
  tenant: z.string().min(1).max(63).optional(),
  status: z.enum(['open', 'resolved']).optional(),
  ...columnFilters(COLUMNS),
});
type ListQuery = z.output<typeof ListQuery>;

const ACTION = 'finding:read';
const FINDING_ID = /^[0-9a-f]{32}$/;

function shown({ resolved_at, ...row }: FindingRow) {
  return { object: 'finding', ...row, status: resolved_at === null ? 'open' : 'resolved', resolved_at };
}

/** What audit has found about keys and accounts; whose it is, is in it, so that owners can be told. */
@Controller('v1/findings')
export class FindingsController {
  constructor(
    private readonly access: Access,
    private readonly database: AuditDatabase,
  ) {}

  /** Newest first. */
  @Get()
  @Requires(ACTION)
  @Answers('Lists findings, newest first.', { 200: listOf(ShownFinding) })
  async list(@CallerParam() caller: Caller, @Query({ schema: ListQuery }) query: ListQuery) {
    const tenant = this.access.tenantOf(caller, query.tenant);
    this.access.require(caller, ACTION, { type: 'finding', path: '*', tenant });
    const everybodys = caller.operator && query.tenant === undefined;
    const { where, params } = conditionsOf(
      { tenant: everybodys ? undefined : tenant, owner: undefined },
      COLUMNS,
      query,
    );
    const conditions = [...where, ...statusOf(query.status)];
    const after = query.after === undefined ? undefined : placeIn(query.after);
    if (after) conditions.push('(at, finding_id) < (fromUnixTimestamp64Milli({after_ms:Int64}), {after_id:String})');
    const rows = await this.read({ where: conditions, params: { ...params, ...after } }, query.limit + 1);
    return page(rows, query.limit, ({ at, finding_id }) => [Date.parse(at), finding_id], shown);
  }

  @Get(':findingId')
  @Requires(ACTION)
  @Answers('Shows a finding.', { 200: ShownFinding })
  async get(@CallerParam() caller: Caller, @Param('findingId') id: string) {
    const tenant = caller.operator ? undefined : caller.tenantId;
    const { where, params } = conditionsOf({ tenant, owner: undefined });
    const [row] = FINDING_ID.test(id)
      ? await this.read({ where: [...where, 'finding_id = {id:String}'], params: { ...params, id } }, 1)
      : [];
    if (!row) throw this.access.notFound(caller, ACTION, { type: 'finding', path: id });
    this.access.require(caller, ACTION, { type: 'finding', path: id, tenant: row.tenant_id });
    return shown(row);
  }

  private read({ where, params }: Conditions, rows: number): Promise<FindingRow[]> {
    return this.database.rows<FindingRow>(
      `SELECT * EXCEPT (version) FROM findings FINAL ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
       ORDER BY at DESC, finding_id DESC LIMIT {rows:UInt32}`,
      { ...params, rows },
    );
  }
}

function statusOf(status: 'open' | 'resolved' | undefined): readonly string[] {
  if (status === undefined) return [];
  return [status === 'open' ? 'resolved_at IS NULL' : 'resolved_at IS NOT NULL'];
}

function placeIn(cursor: string): { after_ms: number; after_id: string } {
  const [ms, id] = decodeCursor(cursor, 2);
  if (Number.isSafeInteger(ms) && typeof id === 'string' && FINDING_ID.test(id)) {
    return { after_ms: Number(ms), after_id: id };
  }
  throw problem(400, 'invalid_request', 'This cursor is not one of this list.', [
    { parameter: 'after', detail: 'Take it from next_cursor of the page before.' },
  ]);
}
