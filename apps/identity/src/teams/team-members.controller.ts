import { CallerParam, Requires, type Caller } from '#libs/access';
import { EventStore } from '#libs/event-store';
import { Answers, listOf, narrowing } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { teamAggregate } from '../aggregates.js';
import { PrincipalChanges } from '../grants/principal-changes.js';
import { Principals, type Principal } from '../principals.js';
import { Writes } from '../writes.js';
import { ManagerOfTeam, MemberOfTeam, ShownMember } from './team-answers.js';
import type { TeamCommand } from './team.decider.js';
import { TeamFinder, teamResource } from './team-finder.js';
import type { TeamRow } from './team-list.projection.js';

/** `user:<e-mail or id>` or `virtual-account:<name or id>`. */
const subject = z.string().min(1).max(300);
const MemberBody = z.strictObject({ member: subject });
const ManagerBody = z.strictObject({ manager: subject });
const idOfPrincipal = /^(?:user|va)_[0-9A-Za-z]{16}$/u;
const deleted = { deleted: z.literal(true) };

/** Who is in a team, and who looks after that. A membership is a grant: nobody adds, or takes out, beyond what they hold. */
@Controller('v1/teams/:teamId')
export class TeamMembersController {
  constructor(
    private readonly teams: TeamFinder,
    private readonly store: EventStore,
    private readonly principals: Principals,
    private readonly changes: PrincipalChanges,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  /** All of them at once: a team has 5,000 members at most. */
  @Get('members')
  @Requires('team:read')
  @Answers('Lists the members of a team.', { 200: listOf(ShownMember) })
  async members(@CallerParam() caller: Caller, @Param('teamId') teamId: string) {
    const { row } = await this.teams.find(caller, 'team:read', teamId);
    const data = row.memberIds.map((id) => ({ object: 'team_member', id }));
    return { object: 'list', data, has_more: false };
  }

  @Post('members')
  @Requires('team:edit')
  @Answers('Adds a member to a team.', { 201: MemberOfTeam })
  async add(
    @CallerParam() caller: Caller,
    @Param('teamId') teamId: string,
    @Body({ schema: MemberBody }) { member }: z.output<typeof MemberBody>,
  ) {
    const row = await this.teams.findToManage(caller, teamId);
    const question = { action: 'team:edit', resource: teamResource(row) };
    const principal = await this.principals.resolve(caller, row.tenantId, member, question.action, question.resource);
    await this.changes.requireJoining(caller, question, principal, row.name);
    const outcome = await this.execute(caller, row, 'AddTeamMember', principal.id);
    return this.writes.answer({ object: 'team_member', id: principal.id, team: row.name }, outcome, { status: 201 });
  }

  @Delete('members/:principalId')
  @Requires('team:edit')
  @Answers('Takes a member out of a team.', narrowing(MemberOfTeam.extend(deleted)))
  async remove(
    @CallerParam() caller: Caller,
    @Param('teamId') teamId: string,
    @Param('principalId') principalId: string,
  ) {
    const row = await this.teams.findToManage(caller, teamId);
    const { id, principal } = await this.named(caller, row, principalId);
    const question = { action: 'team:edit', resource: teamResource(row) };
    // Whoever does not live any more gains nothing by it.
    if (principal) await this.changes.requireLeaving(caller, question, principal, row.name);
    const outcome = await this.execute(caller, row, 'RemoveTeamMember', id);
    return this.writes.narrowed({ object: 'team_member', id, team: row.name, deleted: true }, outcome);
  }

  /** A manager gains no right but to add and remove members of this team, each time within what they hold. */
  @Post('managers')
  @Requires('team:edit')
  @Answers('Lets somebody add and remove members of a team.', { 201: ManagerOfTeam })
  async addManager(
    @CallerParam() caller: Caller,
    @Param('teamId') teamId: string,
    @Body({ schema: ManagerBody }) { manager }: z.output<typeof ManagerBody>,
  ) {
    const { row } = await this.teams.find(caller, 'team:edit', teamId);
    const { id } = await this.principals.resolve(caller, row.tenantId, manager, 'team:edit', teamResource(row));
    const outcome = await this.execute(caller, row, 'AddTeamManager', id);
    return this.writes.answer({ object: 'team_manager', id, team: row.name }, outcome, { status: 201 });
  }

  @Delete('managers/:principalId')
  @Requires('team:edit')
  @Answers('Ends that somebody manages a team.', narrowing(ManagerOfTeam.extend(deleted)))
  async removeManager(
    @CallerParam() caller: Caller,
    @Param('teamId') teamId: string,
    @Param('principalId') principalId: string,
  ) {
    const { row } = await this.teams.find(caller, 'team:edit', teamId);
    const { id } = await this.named(caller, row, principalId);
    const outcome = await this.execute(caller, row, 'RemoveTeamManager', id);
    return this.writes.narrowed({ object: 'team_manager', id, team: row.name, deleted: true }, outcome);
  }

  /**
   * Whom a path names: an id, also of somebody who lives no more, or the e-mail address of a user. Anything else is nobody: that it was
   * taken out would be believed.
   */
  private async named(caller: Caller, row: TeamRow, text: string): Promise<Named> {
    const subject = `${text.startsWith('va_') ? 'virtual-account' : 'user'}:${text}`;
    const principal = idOfPrincipal.test(text)
      ? await this.principals.find(row.tenantId, subject)
      : await this.principals.resolve(caller, row.tenantId, subject, 'team:edit', teamResource(row));
    return { id: principal?.id ?? text, principal };
  }

  private execute(caller: Caller, { id: teamId, tenantId }: TeamRow, type: MemberStep, principalId: string) {
    const command = { type, teamId, tenantId, at: this.clock.nowIso(), principalId };
    return this.store.execute(teamAggregate, teamId, command, { context: this.writes.context(caller, tenantId) });
  }
}

type Named = { readonly id: string; readonly principal: Principal | undefined };
type MemberStep = Extract<TeamCommand, { principalId: string }>['type'];
