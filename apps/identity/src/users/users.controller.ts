import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { Labels, Slug } from '#libs/contracts';
import { EventStore, SubjectKeys } from '#libs/event-store';
import { IfMatch } from '#libs/http';
import { Answers, listOf, narrowing } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { userAggregate } from '../aggregates.js';
import { PrincipalChanges } from '../grants/principal-changes.js';
import { newId } from '../ids.js';
import { listPage, ListQuery } from '../lists/list-query.js';
import { ReasonBody } from '../reason-body.js';
import { Tables } from '../tables.js';
import { TenantScope } from '../tenants/tenant-scope.js';
import { Writes } from '../writes.js';
import { UserSteps } from './user-steps.js';
import { sealedPerson } from './sealed-person.js';
import { emailReservation } from './user-email.js';
import { shownUser, userResource } from './user-view.js';
import type { UserRow } from './user-list.projection.js';
import { ShownUser } from './user-answers.js';

const RegisterBody = z.strictObject({
  email: z.email().max(254),
  display_name: z.string().min(1).max(120).optional(),
  labels: Labels.default({}),
  tenant: z.string().min(1).max(63).optional(),
});
const UsersQuery = ListQuery.extend({
  email: z.email().max(254).optional(),
  status: z.enum(['active', 'suspended', 'deactivated']).optional(),
  /** Name of a team of which they are members; of one that does not exist nobody is. */
  team: Slug.optional(),
});
type UsersQuery = z.output<typeof UsersQuery>;
const ChangeBody = z.strictObject({ labels: Labels });

@Controller('v1/users')
export class UsersController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly writes: Writes,
    private readonly subjectKeys: SubjectKeys,
    private readonly steps: UserSteps,
    private readonly changes: PrincipalChanges,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Requires('user:create')
  @Answers('Registers a user.', { 201: ShownUser })
  async register(@CallerParam() caller: Caller, @Body({ schema: RegisterBody }) body: z.output<typeof RegisterBody>) {
    const tenantId = await this.scope.adding(caller, 'user:create', body.tenant);
    const userId = newId('user');
    const resource = { type: 'user', path: userId, tenant: tenantId };
    this.access.require(caller, 'user:create', resource);
    const nobody = { id: userId, kind: 'user' as const, tenant: tenantId, teams: [], groups: [] };
    const question = { action: 'user:create', resource };
    await this.changes.requireNew(caller, question, { ...nobody, labels: body.labels });
    const at = this.clock.nowIso();
    const email = body.email.toLowerCase();
    const displayName = body.display_name;
    const command = {
      type: 'RegisterUser' as const,
      userId,
      tenantId,
      at,
      ...(await sealedPerson(this.subjectKeys, userId, { email, displayName })),
      labels: body.labels,
    };
    const outcome = await this.store.execute(userAggregate, userId, command, {
      context: this.writes.context(caller, tenantId),
      reserve: () => [emailReservation(tenantId, email)],
    });
    const row: UserRow = {
      id: userId,
      tenantId,
      email,
      displayName: displayName ?? null,
      labels: body.labels,
      status: 'active',
      epoch: 1,
      createdAt: at,
    };
    return this.writes.answer(shownUser(row), outcome, { status: 201, location: `/v1/users/${userId}` });
  }

  @Get()
  @Requires('user:read')
  @Answers('Lists users.', { 200: listOf(ShownUser) })
  async list(@CallerParam() caller: Caller, @Query({ schema: UsersQuery }) query: UsersQuery) {
    const tenantId = await this.scope.reading(caller, 'user:read', query.tenant);
    return listPage(
      this.tables.users,
      query,
      { tenantId, ...(await this.narrowedBy(tenantId, query)) },
      (rows) => this.access.visible(caller, 'user:read', rows, ({ row }) => userResource(row)),
      shownUser,
    );
  }

  private async narrowedBy(tenantId: string, { email, status, team }: UsersQuery) {
    const where = { ...(email !== undefined && { email: email.toLowerCase() }), ...(status && { status }) };
    if (team === undefined) return { where };
    const found = await this.tables.teamNamed(tenantId, team);
    return { where, ids: found?.row.memberIds ?? [] };
  }

  @Get(':userId')
  @Requires('user:read')
  @Answers('Shows a user.', { 200: ShownUser })
  async get(@CallerParam() caller: Caller, @Param('userId') userId: string) {
    const { row, version } = await this.steps.find(caller, 'user:read', userId);
    return this.writes.answer(shownUser(row), { version, position: await this.store.position() });
  }

  @Patch(':userId')
  @Requires('user:edit')
  @Answers('Sets the labels of a user.', narrowing(ShownUser))
  async change(
    @CallerParam() caller: Caller,
    @Param('userId') userId: string,
    @IfMatch() expectedVersion: number | undefined,
    @Body({ schema: ChangeBody }) { labels }: z.output<typeof ChangeBody>,
  ) {
    const { row } = await this.steps.find(caller, 'user:edit', userId);
    const principal = { kind: 'user' as const, id: userId, subject: `user:${userId}`, row };
    await this.changes.requireLabels(caller, { action: 'user:edit', resource: userResource(row) }, principal, labels);
    const command = { type: 'LabelUser' as const, userId, tenantId: row.tenantId, at: this.clock.nowIso(), labels };
    const outcome = await this.store.execute(userAggregate, userId, command, {
      context: this.writes.context(caller, row.tenantId),
      ...(expectedVersion !== undefined && { expectedVersion }),
    });
    // A label taken away may be what a grant stood on, so this may narrow.
    return this.writes.narrowed(shownUser({ ...row, labels }), outcome);
  }

  @Post(':userId/suspend')
  @HttpCode(200)
  @Requires('user:suspend')
  @Answers('Suspends a user, and with them every credential that acts as them.', narrowing(ShownUser))
  async suspend(
    @CallerParam() caller: Caller,
    @Param('userId') id: string,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ) {
    return this.steps.take(caller, 'user:suspend', id, 'SuspendUser', body.reason);
  }

  @Post(':userId/resume')
  @HttpCode(200)
  @Requires('user:suspend')
  @Answers('Resumes a suspended user.', narrowing(ShownUser))
  async resume(
    @CallerParam() caller: Caller,
    @Param('userId') id: string,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ) {
    return this.steps.take(caller, 'user:suspend', id, 'ResumeUser', body.reason);
  }

  @Post(':userId/deactivate')
  @HttpCode(200)
  @Requires('user:delete')
  @Answers('Ends a user for good.', narrowing(ShownUser))
  async deactivate(
    @CallerParam() caller: Caller,
    @Param('userId') id: string,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ) {
    return this.steps.deactivate(caller, id, body.reason);
  }

  /** What was sealed for them is unreadable afterwards, in tables, topics and backups alike; repeating it changes nothing. */
  @Post(':userId/erase')
  @HttpCode(200)
  @Requires('user:delete')
  @Answers('Ends a user for good and makes what is kept of them unreadable.', narrowing(ShownUser))
  async erase(@CallerParam() caller: Caller, @Param('userId') id: string) {
    return this.steps.erase(caller, id);
  }
}
