import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { Labels } from '#libs/contracts';
import { EventStore } from '#libs/event-store';
import { IfMatch, page, PageQuery } from '#libs/http';
import { Answers, listOf, narrowing } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { tenantAggregate } from '../aggregates.js';
import { positionAfter } from '../lists/list-query.js';
import { MadeTenant } from '../onboardings/onboarding-answers.js';
import { CreateBody } from '../onboardings/onboarding-body.js';
import { OnboardingRequests } from '../onboardings/onboarding-requests.js';
import { ReasonBody } from '../reason-body.js';
import { Tables } from '../tables.js';
import { Writes } from '../writes.js';
import type { TenantRow } from './tenant-list.projection.js';
import { tenantNameReservation } from './tenant-name.js';
import { shownTenant } from './tenant-view.js';
import type { TenantCommand } from './tenant.decider.js';
import { ShownTenant } from './tenant-answers.js';

const ChangeBody = z.strictObject({ labels: Labels });
const resourceOf = (tenantId: string) => ({ type: 'tenant', path: tenantId, tenant: tenantId });

@Controller('v1/tenants')
export class TenantsController {
  constructor(
    private readonly access: Access,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly writes: Writes,
    private readonly onboardings: OnboardingRequests,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Requires('tenant:create')
  @Answers('Makes a tenant; with an `admin`, whole with what it begins with or not at all.', {
    201: MadeTenant,
    202: MadeTenant,
  })
  async create(@CallerParam() caller: Caller, @Body({ schema: CreateBody }) body: CreateBody) {
    const { admin } = body;
    if (admin) return this.onboardings.onboard(caller, { ...body, admin });
    const { name: tenantId, display_name: displayName = body.name } = body;
    this.access.require(caller, 'tenant:create', { type: 'tenant', path: tenantId });
    const at = this.clock.nowIso();
    const command = { type: 'CreateTenant' as const, tenantId, displayName, at };
    const outcome = await this.store.execute(tenantAggregate, tenantId, command, {
      context: this.writes.context(caller, tenantId),
      reserve: () => [tenantNameReservation(tenantId)],
    });
    const row: TenantRow = { id: tenantId, displayName, status: 'active', createdAt: at };
    return this.writes.answer(shownTenant(row), outcome, { status: 201, location: `/v1/tenants/${tenantId}` });
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
      ({ row }) => shownTenant(row),
    );
  }

  @Get(':tenantId')
  @Requires('tenant:read')
  @Answers('Shows a tenant.', { 200: ShownTenant })
  async get(@CallerParam() caller: Caller, @Param('tenantId') tenantId: string) {
    const begun = await this.onboarding(caller, tenantId);
    if (begun) return this.writes.answer(shownTenant(begun), { position: await this.store.position() });
    const { row, version } = await this.find(caller, 'tenant:read', tenantId);
    return this.writes.answer(shownTenant(row), { version, position: await this.store.position() });
  }

  @Patch(':tenantId')
  @Requires('tenant:edit')
  @Answers('Sets the labels of a tenant, which are metadata of all of its calls.', narrowing(ShownTenant))
  async change(
    @CallerParam() caller: Caller,
    @Param('tenantId') tenantId: string,
    @IfMatch() expectedVersion: number | undefined,
    @Body({ schema: ChangeBody }) { labels }: z.output<typeof ChangeBody>,
  ) {
    const { row } = await this.find(caller, 'tenant:edit', tenantId);
    const command = { type: 'LabelTenant' as const, tenantId, at: this.clock.nowIso(), labels };
    const outcome = await this.execute(caller, tenantId, command, expectedVersion);
    return this.writes.narrowed(shownTenant({ ...row, labels }), outcome);
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
    return this.writes.narrowed(shownTenant({ ...row, status }), outcome);
  }

  private async find(caller: Caller, action: string, tenantId: string) {
    const own = caller.operator || caller.tenantId === tenantId;
    const found = own ? await this.tables.tenants.find(undefined, tenantId) : undefined;
    if (!found) throw this.access.notFound(caller, action, { type: 'tenant', path: tenantId });
    this.access.require(caller, action, resourceOf(tenantId));
    return found;
  }

  /** A tenant that is not there yet; an operator's to see. */
  private async onboarding(caller: Caller, tenantId: string) {
    if (!caller.operator) return undefined;
    const query = { tenantId, afterPosition: 0, limit: 1, where: { status: 'pending' } };
    const [found] = await this.tables.onboardings.page(query);
    if (!found) return undefined;
    this.access.require(caller, 'tenant:read', resourceOf(tenantId));
    const { displayName, createdAt } = found.row;
    return { id: tenantId, displayName, status: 'onboarding' as const, createdAt };
  }

  private execute(caller: Caller, tenantId: string, command: TenantCommand, expectedVersion?: number) {
    const context = this.writes.context(caller, tenantId);
    const options = { context, ...(expectedVersion !== undefined && { expectedVersion }) };
    return this.store.execute(tenantAggregate, tenantId, command, options);
  }
}
