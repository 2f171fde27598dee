import { Access, mintInvitationToken, Peppers, type AccessQuestion, type Caller } from '#libs/access';
import { EventStore, SubjectKeys } from '#libs/event-store';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { invitationAggregate } from '../aggregates.js';
import { secretOf } from '../api-keys/key-issue.js';
import { PrincipalChanges } from '../grants/principal-changes.js';
import { newId } from '../ids.js';
import { requireRoom, rooms } from '../lists/tenant-room.js';
import { Tables } from '../tables.js';
import { teamResource } from '../teams/team-finder.js';
import type { TeamRow } from '../teams/team-list.projection.js';
import { TenantScope } from '../tenants/tenant-scope.js';
import { Writes } from '../writes.js';
import { EndedInvitations } from './ended-invitations.js';
import type { IssueInvitationBody } from './invitation-bodies.js';
import { rowOf, type InvitationRow } from './invitation-list.projection.js';
import { invitationResource, shownInvitation } from './invitation-view.js';
import type { IssueInvitation } from './invitation.decider.js';

type Named = Pick<InvitationRow, 'id' | 'tenantId'>;

/** What those who may register users do with invitations. */
@Injectable()
export class InvitationSteps {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly changes: PrincipalChanges,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly subjectKeys: SubjectKeys,
    private readonly peppers: Peppers,
    private readonly ended: EndedInvitations,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  /** The invitation, once the caller may do `action` to it; another tenant's is 404. */
  async find(caller: Caller, action: string, invitationId: string) {
    const found = await this.tables.invitations.find(caller.operator ? undefined : caller.tenantId, invitationId);
    if (!found) throw this.access.notFound(caller, action, { type: 'user', path: invitationId });
    this.access.require(caller, action, invitationResource(found.row));
    return found;
  }

  async issue(caller: Caller, body: IssueInvitationBody) {
    const tenantId = await this.scope.adding(caller, 'user:create', body.tenant);
    const invitationId = newId('invitation');
    const named = { id: invitationId, tenantId };
    this.requireAll(caller, named, body);
    const teams = await this.teams(caller, tenantId, body.teams);
    await this.requireHeld(caller, named, body);
    await requireRoom(this.tables.invitations, tenantId, rooms.openInvitations);
    const { text: token } = mintInvitationToken(invitationId);
    const command = await this.commandOf(caller, { invitationId, tenantId, teams, token }, body);
    const context = this.writes.context(caller, tenantId);
    const outcome = await this.store.execute(invitationAggregate, invitationId, command, { context });
    const row = rowOf(command, { email: body.email.toLowerCase(), displayName: body.display_name ?? null });
    const shown = { ...shownInvitation(row, command.at), token };
    return this.writes.answer(shown, outcome, { status: 201, location: `/v1/invitations/${invitationId}` });
  }

  async withdraw(caller: Caller, invitationId: string, expectedVersion: number | undefined) {
    const { row } = await this.find(caller, 'user:create', invitationId);
    const { tenantId } = row;
    const at = this.clock.nowIso();
    const command = { type: 'WithdrawInvitation' as const, invitationId, tenantId, at };
    const outcome = await this.store.execute(invitationAggregate, invitationId, command, {
      context: this.writes.context(caller, tenantId),
      ...(expectedVersion !== undefined && { expectedVersion }),
    });
    await this.ended.forgetOne(invitationId);
    const now = await this.tables.invitations.find(tenantId, invitationId);
    return this.writes.answer(shownInvitation(now?.row ?? row, at), outcome);
  }

  private async teams(caller: Caller, tenantId: string, names: readonly string[]): Promise<TeamRow[]> {
    const found: TeamRow[] = [];
    for (const name of names) {
      const team = await this.tables.teamNamed(tenantId, name);
      if (!team) throw this.access.notFound(caller, 'team:edit', teamResource({ name, tenantId }));
      found.push(team.row);
    }
    return found;
  }

  /** As if the caller registered the user and put them into these teams; asked by name, before anybody learns which there are. */
  private requireAll(caller: Caller, named: Named, { teams }: IssueInvitationBody): void {
    const joining = teams.map((name): AccessQuestion => {
      return { action: 'team:edit', resource: teamResource({ name, tenantId: named.tenantId }) };
    });
    this.access.requireAll(caller, [{ action: 'user:create', resource: invitationResource(named) }, ...joining]);
  }

  /** Rule 11, of somebody who has these labels and is in these teams from their first moment. */
  private async requireHeld(caller: Caller, named: Named, { teams, labels }: IssueInvitationBody): Promise<void> {
    const question = { action: 'user:create', resource: invitationResource(named) };
    const { id, tenantId: tenant } = named;
    await this.changes.requireNew(caller, question, { id, kind: 'user', tenant, teams, groups: [], labels });
  }

  private async commandOf(
    caller: Caller,
    made: { invitationId: string; tenantId: string; teams: readonly TeamRow[]; token: string },
    { email, display_name: displayName, labels, expires_in_seconds: seconds }: IssueInvitationBody,
  ): Promise<IssueInvitation> {
    const { invitationId, tenantId, teams, token } = made;
    const nowMs = this.clock.nowMs();
    const sealedName = displayName && (await this.subjectKeys.seal(invitationId, displayName));
    return {
      type: 'IssueInvitation',
      invitationId,
      tenantId,
      at: new Date(nowMs).toISOString(),
      email: await this.subjectKeys.seal(invitationId, email.toLowerCase()),
      ...(sealedName && { displayName: sealedName }),
      labels,
      teams: teams.map(({ id: teamId, name }) => ({ teamId, name })),
      inviterId: caller.principalId,
      inviterTenantId: caller.tenantId,
      token: secretOf(this.peppers, token),
      expiresAt: new Date(nowMs + seconds * 1_000).toISOString(),
    };
  }
}
