import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { PLATFORM_TENANT, Slug } from '#libs/contracts';
import { EventStore } from '#libs/event-store';
import { IfMatch, page, PageQuery } from '#libs/http';
import { Answers, listOf, narrowing } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { tenantAggregate } from '../aggregates.js';
import { positionAfter } from '../lists/list-query.js';
import { ReasonBody } from '../reason-body.js';
import { Tables } from '../tables.js';
import { Writes } from '../writes.js';
import type { TenantRow } from './tenant-list.projection.js';
import type { TenantCommand } from './tenant.decider.js';
import { ShownTenant } from './tenant-answers.js';

const CreateBody = z.strictObject({
  name: Slug.refine((name) => name !== PLATFORM_TENANT, 'this name is the operator’s own'),
  display_name: z.string().min(1).max(120).optional(),
});

const resourceOf = (tenantId: string) => ({ type: 'tenant', path: tenantId, tenant: tenantId });

@Controller('v1/tenants')
export class TenantsController {
  constructor(
    private readonly access: Access,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Requires('tenant:create')
  @Answers('Makes a tenant.', { 201: ShownTenant })
  async create(@CallerParam() caller: Caller, @Body({ schema: CreateBody }) body: z.output<typeof CreateBody>) {
    const { name: tenantId, display_name: displayName = body.name } = body;
    this.access.require(caller, 'tenant:create', { type: 'tenant', path: tenantId });
    const at = this.clock.nowIso();
    const outcome = await this.execute(caller, tenantId, { type: 'CreateTenant', tenantId, displayName, at });
    const row: TenantRow = { id: tenantId, displayName, status: 'active', createdAt: at };
    return this.writes.answer(shown(row), outcome, { status: 201, location: `/v1/tenants/${tenantId}` });
  }

  @Get()
  @Requires('tenant:read')
  @Answers('Lists tenants: all for the operator, one’s own for everybody else.', { 200: listOf(ShownTenant) })
  async list(@CallerParam() caller: Caller, @Query({ schema: PageQuery }) { limit, after }: PageQuery) {
    const afterPosition = positionAfter(after);
    const tenantId = caller.operator ? undefined : caller.tenantId;
    const rows = await this.tables.tenants.page({ tenantId, afterPosition, limit: limit + 1 });
    const visible = this.access.visible(caller, 'tenant:read', rows, ({ row }) => resourceOf(row.id));
    return page(
      visible,
      limit,
      ({ position }) => [position],
      ({ row }) => shown(row),
    );
  }

  @Get(':tenantId')
  @Requires('tenant:read')
  @Answers('Shows a tenant.', { 200: ShownTenant })
  async get(@CallerParam() caller: Caller, @Param('tenantId') tenantId: string) {
    const { row, version } = await this.find(caller, 'tenant:read', tenantId);
    return this.writes.answer(shown(row), { version, position: await this.store.position() });
  }

  @Post(':tenantId/suspend')
  @HttpCode(200)
  @Requires('tenant:suspend')
  @Answers('Suspends a tenant, and with it every credential of it.', narrowing(ShownTenant))
  async suspend(
    @CallerParam() caller: Caller,
    @Param('tenantId') id: string,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ) {
    return this.step(caller, 'tenant:suspend', id, 'SuspendTenant', 'suspended', body.reason);
  }

  @Post(':tenantId/resume')
  @HttpCode(200)
  @Requires('tenant:suspend')
  @Answers('Resumes a suspended tenant.', narrowing(ShownTenant))
  async resume(
    @CallerParam() caller: Caller,
    @Param('tenantId') id: string,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ) {
    return this.step(caller, 'tenant:suspend', id, 'ResumeTenant', 'active', body.reason);
  }

  @Delete(':tenantId')
  @HttpCode(200)
  @Requires('tenant:delete')
  @Answers('Deletes a tenant for good.', narrowing(ShownTenant))
  async delete(
    @CallerParam() caller: Caller,
    @Param('tenantId') id: string,
    @IfMatch() expectedVersion: number | undefined,
  ) {
    return this.step(caller, 'tenant:delete', id, 'DeleteTenant', 'deleted', undefined, expectedVersion);
  }

  private async step(
    caller: Caller,
    action: string,
    tenantId: string,
    type: 'SuspendTenant' | 'ResumeTenant' | 'DeleteTenant',
    status: TenantRow['status'],
    reasonText: string | undefined,
    expectedVersion?: number,
  ) {
    const { row } = await this.find(caller, action, tenantId);
    const reason = await this.writes.reason(caller, reasonText);
    const command = { type, tenantId, at: this.clock.nowIso(), ...reason };
    const outcome = await this.execute(caller, tenantId, command, expectedVersion);
    return this.writes.narrowed(shown({ ...row, status }), outcome);
  }

  private async find(caller: Caller, action: string, tenantId: string) {
    const own = caller.operator || caller.tenantId === tenantId;
    const found = own ? await this.tables.tenants.find(undefined, tenantId) : undefined;
    if (!found) throw this.access.notFound(caller, action, { type: 'tenant', path: tenantId });
    this.access.require(caller, action, resourceOf(tenantId));
    return found;
  }

  private execute(caller: Caller, tenantId: string, command: TenantCommand, expectedVersion?: number) {
    const context = this.writes.context(caller, tenantId);
    const options = { context, ...(expectedVersion !== undefined && { expectedVersion }) };
    return this.store.execute(tenantAggregate, tenantId, command, options);
  }
}

function shown({ id, displayName, status, createdAt }: TenantRow) {
  return { object: 'tenant', id, name: id, display_name: displayName, status, created_at: createdAt };
}
