import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { Labels, Slug } from '#libs/contracts';
import { EventStore } from '#libs/event-store';
import { IfMatch } from '#libs/http';
import { Answers, listOf, narrowing } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { virtualAccountAggregate } from '../aggregates.js';
import { PrincipalChanges } from '../grants/principal-changes.js';
import { newId } from '../ids.js';
import { listPage, ListQuery } from '../lists/list-query.js';
import { ReasonBody } from '../reason-body.js';
import { RotationBody } from '../rotations/rotation-body.js';
import { Tables } from '../tables.js';
import { TenantScope } from '../tenants/tenant-scope.js';
import { Writes } from '../writes.js';
import { AccountRotation } from './account-rotation.js';
import { accountResource, nameReservation, shownAccount } from './virtual-account-view.js';
import { VirtualAccountSteps } from './virtual-account-steps.js';
import type { VirtualAccountRow } from './virtual-account-list.projection.js';
import { ShownVirtualAccount } from './virtual-account-answers.js';

const CreateBody = z.strictObject({
  name: Slug,
  /** The team that owns it. */
  team: Slug.optional(),
  labels: Labels.default({}),
  tenant: z.string().min(1).max(63).optional(),
});
const AccountsQuery = ListQuery.extend({
  status: z.enum(['active', 'suspended', 'deleted']).optional(),
  /** Name of the team that owns them. */
  team: Slug.optional(),
});
type AccountsQuery = z.output<typeof AccountsQuery>;
const ChangeBody = z
  .strictObject({ team: Slug.nullable().optional(), labels: Labels.optional() })
  .refine(({ team, labels }) => (team === undefined) !== (labels === undefined), 'change the team or the labels');

@Controller('v1/virtual-accounts')
export class VirtualAccountsController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly writes: Writes,
    private readonly steps: VirtualAccountSteps,
    private readonly changes: PrincipalChanges,
    private readonly rotation: AccountRotation,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Requires('virtual-account:create')
  @Answers('Makes a virtual account.', { 201: ShownVirtualAccount })
  async create(@CallerParam() caller: Caller, @Body({ schema: CreateBody }) body: z.output<typeof CreateBody>) {
    const tenantId = await this.scope.adding(caller, 'virtual-account:create', body.tenant);
    const id = newId('va');
    const { name, labels, team = null } = body;
    const createdBy = caller.principalId;
    const at = this.clock.nowIso();
    const row: VirtualAccountRow = {
      id,
      tenantId,
      name,
      team,
      labels,
      createdBy,
      status: 'active',
      epoch: 1,
      createdAt: at,
    };
    this.access.require(caller, 'virtual-account:create', accountResource(row));
    const question = { action: 'virtual-account:create', resource: accountResource(row) };
    if (team !== null) await this.steps.requireTeam(caller, 'virtual-account:create', row, team);
    const nobody = { id, name, kind: 'virtual-account' as const, tenant: tenantId, teams: [], groups: [] };
    await this.changes.requireNew(caller, question, { ...nobody, labels });
    const about = { virtualAccountId: id, tenantId, at, name, team, labels, createdBy };
    const command = { type: 'CreateVirtualAccount' as const, ...about, operator: false };
    const outcome = await this.store.execute(virtualAccountAggregate, id, command, {
      context: this.writes.context(caller, tenantId),
      reserve: () => [nameReservation(row)],
    });
    return this.writes.answer(shownAccount(row), outcome, { status: 201, location: `/v1/virtual-accounts/${id}` });
  }

  @Get()
  @Requires('virtual-account:read')
  @Answers('Lists virtual accounts.', { 200: listOf(ShownVirtualAccount) })
  async list(@CallerParam() caller: Caller, @Query({ schema: AccountsQuery }) query: AccountsQuery) {
    const tenantId = await this.scope.reading(caller, 'virtual-account:read', query.tenant);
    const { status, team } = query;
    const where = { ...(status && { status }), ...(team !== undefined && { team }) };
    return listPage(
      this.tables.virtualAccounts,
      query,
      { tenantId, where },
      (rows) => this.access.visible(caller, 'virtual-account:read', rows, ({ row }) => accountResource(row)),
      shownAccount,
    );
  }

  @Get(':accountId')
  @Requires('virtual-account:read')
  @Answers('Shows a virtual account.', { 200: ShownVirtualAccount })
  async get(@CallerParam() caller: Caller, @Param('accountId') accountId: string) {
    const { row, version } = await this.steps.find(caller, 'virtual-account:read', accountId);
    return this.writes.answer(shownAccount(row), { version, position: await this.store.position() });
  }

  @Patch(':accountId')
  @Requires('virtual-account:edit')
  @Answers('Moves a virtual account to another team, or sets its labels.', narrowing(ShownVirtualAccount))
  async change(
    @CallerParam() caller: Caller,
    @Param('accountId') accountId: string,
    @IfMatch() expectedVersion: number | undefined,
    @Body({ schema: ChangeBody }) { team, labels }: z.output<typeof ChangeBody>,
  ) {
    const { row } = await this.steps.find(caller, 'virtual-account:edit', accountId);
    await this.steps.requireChange(caller, row, { team, labels });
    const named = { virtualAccountId: row.id, tenantId: row.tenantId, at: this.clock.nowIso() };
    const command = labels
      ? { type: 'LabelVirtualAccount' as const, ...named, labels }
      : { type: 'MoveVirtualAccount' as const, ...named, team: team ?? null };
    const outcome = await this.store.execute(virtualAccountAggregate, row.id, command, {
      context: this.writes.context(caller, row.tenantId),
      ...(expectedVersion !== undefined && { expectedVersion }),
    });
    const changed = labels ? { ...row, labels } : { ...row, team: team ?? null };
    return this.writes.narrowed(shownAccount(changed), outcome);
  }

  /** All of its keys, those of later among them; `{"sink": null}` ends it. */
  @Post(':accountId/rotation')
  @HttpCode(200)
  @Requires('virtual-account:edit', 'key:rotate')
  @Answers('Has all keys of a virtual account rotate by themselves, or no longer.', { 200: ShownVirtualAccount })
  async schedule(
    @CallerParam() caller: Caller,
    @Param('accountId') id: string,
    @Body({ schema: RotationBody }) body: RotationBody,
  ) {
    return this.rotation.schedule(caller, id, body);
  }

  @Post(':accountId/suspend')
  @HttpCode(200)
  @Requires('virtual-account:suspend')
  @Answers('Suspends a virtual account, and with it its keys.', narrowing(ShownVirtualAccount))
  async suspend(
    @CallerParam() caller: Caller,
    @Param('accountId') id: string,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ) {
    return this.steps.take(caller, 'virtual-account:suspend', id, 'SuspendVirtualAccount', body.reason);
  }

  @Post(':accountId/resume')
  @HttpCode(200)
  @Requires('virtual-account:suspend')
  @Answers('Resumes a suspended virtual account.', narrowing(ShownVirtualAccount))
  async resume(
    @CallerParam() caller: Caller,
    @Param('accountId') id: string,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ) {
    return this.steps.take(caller, 'virtual-account:suspend', id, 'ResumeVirtualAccount', body.reason);
  }

  @Delete(':accountId')
  @HttpCode(200)
  @Requires('virtual-account:delete')
  @Answers('Deletes a virtual account for good.', narrowing(ShownVirtualAccount))
  async delete(
    @CallerParam() caller: Caller,
    @Param('accountId') id: string,
    @IfMatch() expectedVersion: number | undefined,
  ) {
    return this.steps.delete(caller, id, expectedVersion);
  }
}
