import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { Slug } from '#libs/contracts';
import { DomainError } from '#libs/decider';
import { EventStore, step } from '#libs/event-store';
import { IfMatch } from '#libs/http';
import { Answers, listOf, narrowing } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { teamAggregate, virtualAccountAggregate } from '../aggregates.js';
import { PrincipalChanges } from '../grants/principal-changes.js';
import { newId } from '../ids.js';
import { listPage, ListQuery } from '../lists/list-query.js';
import { ReasonBody } from '../reason-body.js';
import { Tables } from '../tables.js';
import { TenantScope } from '../tenants/tenant-scope.js';
import { Writes } from '../writes.js';
import type { TeamRow } from './team-list.projection.js';
import { shownTeam, teamNameReservation } from './team-view.js';
import { TeamFinder, teamResource } from './team-finder.js';
import { ShownTeam, TeamDeleted } from './team-answers.js';

const statusAfter = { SuspendTeam: 'suspended', ResumeTeam: 'active' } as const;

/** Accounts that lose their owner in the transaction that deletes it. */
const ACCOUNTS_MAX = 400;

const CreateBody = z.strictObject({ name: Slug, tenant: z.string().min(1).max(63).optional() });

@Controller('v1/teams')
export class TeamsController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly teams: TeamFinder,
    private readonly changes: PrincipalChanges,
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
    this.access.require(caller, 'team:create', teamResource(row));
    const command = { type: 'CreateTeam' as const, teamId, tenantId, name: row.name, at: row.createdAt };
    const outcome = await this.store.execute(teamAggregate, teamId, command, {
      context: this.writes.context(caller, tenantId),
      reserve: () => [teamNameReservation(row)],
    });
    return this.writes.answer(shownTeam(row), outcome, { status: 201, location: `/v1/teams/${teamId}` });
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
      (rows) => this.access.visible(caller, 'team:read', rows, ({ row }) => teamResource(row)),
      shownTeam,
    );
  }

  @Get(':teamId')
  @Requires('team:read')
  @Answers('Shows a team.', { 200: ShownTeam })
  async get(@CallerParam() caller: Caller, @Param('teamId') teamId: string) {
    const { row, version } = await this.teams.find(caller, 'team:read', teamId);
    return this.writes.answer(shownTeam(row), { version, position: await this.store.position() });
  }

  @Post(':teamId/suspend')
  @HttpCode(200)
  @Requires('team:suspend')
  @Answers('Suspends a team, and with it every credential of the virtual accounts that it owns.', narrowing(ShownTeam))
  async suspend(
    @CallerParam() caller: Caller,
    @Param('teamId') teamId: string,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
  ) {
    return this.step(caller, teamId, 'SuspendTeam', reason);
  }

  @Post(':teamId/resume')
  @HttpCode(200)
  @Requires('team:suspend')
  @Answers('Resumes a suspended team.', narrowing(ShownTeam))
  async resume(
    @CallerParam() caller: Caller,
    @Param('teamId') teamId: string,
    @Body({ schema: ReasonBody }) { reason }: ReasonBody,
  ) {
    return this.step(caller, teamId, 'ResumeTeam', reason);
  }

  @Delete(':teamId')
  @HttpCode(200)
  @Requires('team:delete')
  @Answers('Deletes a team, and stops the virtual accounts that it owns.', narrowing(TeamDeleted))
  async delete(
    @CallerParam() caller: Caller,
    @Param('teamId') teamId: string,
    @IfMatch() expectedVersion: number | undefined,
  ) {
    const { row } = await this.teams.find(caller, 'team:delete', teamId);
    const command = { type: 'DeleteTeam' as const, teamId, tenantId: row.tenantId, at: this.clock.nowIso() };
    await this.changes.requireEnding(caller, { action: 'team:delete', resource: teamResource(row) }, row);
    const context = this.writes.context(caller, row.tenantId);
    const release = () => [teamNameReservation(row)];
    const options = { release, ...(expectedVersion !== undefined && { expectedVersion }) };
    const plan = async () => [step(teamAggregate, teamId, command, options), ...(await this.disowned(row, command.at))];
    const { position } = await this.store.executeAll(plan, { context });
    return this.writes.narrowed({ object: 'team', id: teamId, deleted: true }, { position });
  }

  private async step(caller: Caller, id: string, type: keyof typeof statusAfter, reasonText: string | undefined) {
    const { row } = await this.teams.find(caller, 'team:suspend', id);
    const reason = await this.writes.reason(caller, reasonText);
    const command = { type, teamId: id, tenantId: row.tenantId, at: this.clock.nowIso(), ...reason };
    const context = this.writes.context(caller, row.tenantId);
    const outcome = await this.store.execute(teamAggregate, id, command, { context });
    return this.writes.narrowed(shownTeam({ ...row, status: statusAfter[type] }), outcome);
  }

  /**
   * Accounts that the team owned have no owner any more, which is told of them from then on, and are stopped until somebody
   * takes them over: the team's record ended them, and whoever has its name next must not bring them back.
   */
  private async disowned({ tenantId, name }: TeamRow, at: string) {
    const owned = { tenantId, afterPosition: 0, limit: ACCOUNTS_MAX + 1, where: { team: name } };
    const accounts = (await this.tables.virtualAccounts.page(owned)).filter(({ row }) => row.status !== 'deleted');
    if (accounts.length > ACCOUNTS_MAX) {
      throw new DomainError('team/owns-too-many', `Move its virtual accounts first, until ${ACCOUNTS_MAX} are left.`);
    }
    return accounts.flatMap(({ row: { id: virtualAccountId } }) => {
      const named = { virtualAccountId, tenantId, at };
      return [
        step(virtualAccountAggregate, virtualAccountId, { type: 'SuspendVirtualAccount', ...named }),
        step(virtualAccountAggregate, virtualAccountId, { type: 'MoveVirtualAccount', ...named, team: null }),
      ];
    });
  }
}
