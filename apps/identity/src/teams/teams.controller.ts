import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { Slug } from '#libs/contracts';
import { DomainError } from '#libs/decider';
import { EventStore } from '#libs/event-store';
import { IfMatch } from '#libs/http';
import { Answers, listOf, narrowing } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { teamAggregate } from '../aggregates.js';
import { newId } from '../ids.js';
import { listPage, ListQuery } from '../lists/list-query.js';
import { Principals } from '../principals.js';
import { Tables } from '../tables.js';
import { TenantScope } from '../tenants/tenant-scope.js';
import { Writes } from '../writes.js';
import type { TeamRow } from './team-list.projection.js';
import type { TeamCommand } from './team.decider.js';
import { MemberOfTeam, ShownMember, ShownTeam, TeamDeleted } from './team-answers.js';

const CreateBody = z.strictObject({ name: Slug, tenant: z.string().min(1).max(63).optional() });
/** `user:<e-mail or id>` or `virtual-account:<name or id>`. */
const MemberBody = z.strictObject({ member: z.string().min(1).max(300) });

@Controller('v1/teams')
export class TeamsController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly principals: Principals,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Requires('team:create')
  @Answers('Makes a team.', { 201: ShownTeam })
  async create(@CallerParam() caller: Caller, @Body({ schema: CreateBody }) body: z.output<typeof CreateBody>) {
    const tenantId = await this.scope.adding(caller, 'team:create', body.tenant);
    const teamId = newId('team');
    const row: TeamRow = { id: teamId, tenantId, name: body.name, memberIds: [], createdAt: this.clock.nowIso() };
    this.access.require(caller, 'team:create', resourceOf(row));
    const command = { type: 'CreateTeam' as const, teamId, tenantId, name: row.name, at: row.createdAt };
    const outcome = await this.store.execute(teamAggregate, teamId, command, {
      context: this.writes.context(caller, tenantId),
      reserve: () => [reservation(row)],
    });
    return this.writes.answer(shown(row), outcome, { status: 201, location: `/v1/teams/${teamId}` });
  }

  @Get()
  @Requires('team:read')
  @Answers('Lists teams.', { 200: listOf(ShownTeam) })
  async list(@CallerParam() caller: Caller, @Query({ schema: ListQuery }) query: ListQuery) {
    const tenantId = await this.scope.reading(caller, 'team:read', query.tenant);
    return listPage(
      this.tables.teams,
      query,
      { tenantId },
      (rows) => this.access.visible(caller, 'team:read', rows, ({ row }) => resourceOf(row)),
      shown,
    );
  }

  @Get(':teamId')
  @Requires('team:read')
  @Answers('Shows a team.', { 200: ShownTeam })
  async get(@CallerParam() caller: Caller, @Param('teamId') teamId: string) {
    const { row, version } = await this.find(caller, 'team:read', teamId);
    return this.writes.answer(shown(row), { version, position: await this.store.position() });
  }

  /** All of them at once: a team has 5,000 members at most. */
  @Get(':teamId/members')
  @Requires('team:read')
  @Answers('Lists the members of a team.', { 200: listOf(ShownMember) })
  async members(@CallerParam() caller: Caller, @Param('teamId') teamId: string) {
    const { row } = await this.find(caller, 'team:read', teamId);
    const data = row.memberIds.map((id) => ({ object: 'team_member', id }));
    return { object: 'list', data, has_more: false };
  }

  @Post(':teamId/members')
  @Requires('team:edit')
  @Answers('Adds a member to a team.', { 201: MemberOfTeam })
  async add(
    @CallerParam() caller: Caller,
    @Param('teamId') teamId: string,
    @Body({ schema: MemberBody }) { member }: z.output<typeof MemberBody>,
  ) {
    const { row } = await this.find(caller, 'team:edit', teamId);
    const { id } = await this.principals.resolve(caller, row.tenantId, member, 'team:edit', resourceOf(row));
    const command = { type: 'AddTeamMember' as const, teamId, tenantId: row.tenantId, at: this.clock.nowIso() };
    const outcome = await this.execute(caller, row, { ...command, principalId: id });
    return this.writes.answer({ object: 'team_member', id, team: row.name }, outcome, { status: 201 });
  }

  @Delete(':teamId/members/:principalId')
  @HttpCode(200)
  @Requires('team:edit')
  @Answers('Takes a member out of a team.', narrowing(MemberOfTeam.extend({ deleted: z.literal(true) })))
  async remove(
    @CallerParam() caller: Caller,
    @Param('teamId') teamId: string,
    @Param('principalId') principalId: string,
  ) {
    const { row } = await this.find(caller, 'team:edit', teamId);
    const command = { type: 'RemoveTeamMember' as const, teamId, tenantId: row.tenantId, at: this.clock.nowIso() };
    const outcome = await this.execute(caller, row, { ...command, principalId });
    return this.writes.narrowed({ object: 'team_member', id: principalId, team: row.name, deleted: true }, outcome);
  }

  @Delete(':teamId')
  @HttpCode(200)
  @Requires('team:delete')
  @Answers('Deletes a team.', narrowing(TeamDeleted))
  async delete(
    @CallerParam() caller: Caller,
    @Param('teamId') teamId: string,
    @IfMatch() expectedVersion: number | undefined,
  ) {
    const { row } = await this.find(caller, 'team:delete', teamId);
    const command = { type: 'DeleteTeam' as const, teamId, tenantId: row.tenantId, at: this.clock.nowIso() };
    const context = this.writes.context(caller, row.tenantId);
    const release = () => [reservation(row)];
    const options = { context, release, ...(expectedVersion !== undefined && { expectedVersion }) };
    const outcome = await this.store.execute(teamAggregate, teamId, command, options);
    return this.writes.narrowed({ object: 'team', id: teamId, deleted: true }, outcome);
  }

  private async find(caller: Caller, action: string, teamId: string) {
    const found = await this.tables.teams.find(caller.operator ? undefined : caller.tenantId, teamId);
    if (!found) throw this.access.notFound(caller, action, { type: 'team', path: teamId });
    this.access.require(caller, action, resourceOf(found.row));
    return found;
  }

  private execute(caller: Caller, row: TeamRow, command: TeamCommand) {
    return this.store.execute(teamAggregate, row.id, command, { context: this.writes.context(caller, row.tenantId) });
  }
}

function resourceOf({ name, tenantId }: TeamRow) {
  return { type: 'team', path: name, tenant: tenantId };
}

function reservation({ tenantId, name }: TeamRow) {
  const refusal = new DomainError('team/name-taken', 'A team of this tenant has this name.');
  return { scope: `team/${tenantId}`, name, refusal };
}

function shown({ id, name, memberIds, createdAt }: TeamRow) {
  return { object: 'team', id, name, member_count: memberIds.length, created_at: createdAt };
}
