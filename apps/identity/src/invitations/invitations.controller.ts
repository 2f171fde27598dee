import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { EventStore } from '#libs/event-store';
import { IfMatch, ShownOnce } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { listPage } from '../lists/list-query.js';
import { Tables } from '../tables.js';
import { TenantScope } from '../tenants/tenant-scope.js';
import { Writes } from '../writes.js';
import { InvitationWithToken, ShownInvitation } from './invitation-answers.js';
import { InvitationsQuery, IssueInvitationBody } from './invitation-bodies.js';
import { InvitationSteps } from './invitation-steps.js';
import { invitationResource, shownInvitation } from './invitation-view.js';

/** Who may register a user may invite one instead, and take the invitation back. */
@Controller('v1/invitations')
export class InvitationsController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly steps: InvitationSteps,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  /** `token` is in this answer and nowhere else; whether the address is taken is told to whoever accepts, and to nobody before. */
  @Post()
  @Requires('user:create', 'team:edit')
  @ShownOnce('token')
  @Answers('Invites somebody; the token is in this answer and nowhere else.', { 201: InvitationWithToken })
  async issue(@CallerParam() caller: Caller, @Body({ schema: IssueInvitationBody }) body: IssueInvitationBody) {
    return this.steps.issue(caller, body);
  }

  @Get()
  @Requires('user:read')
  @Answers('Lists invitations.', { 200: listOf(ShownInvitation) })
  async list(@CallerParam() caller: Caller, @Query({ schema: InvitationsQuery }) query: InvitationsQuery) {
    const tenantId = await this.scope.reading(caller, 'user:read', query.tenant);
    const now = this.clock.nowIso();
    return listPage(
      this.tables.invitations,
      query,
      { tenantId, where: { ...(query.status && { status: query.status }) } },
      (rows) => this.access.visible(caller, 'user:read', rows, ({ row }) => invitationResource(row)),
      (row) => shownInvitation(row, now),
    );
  }

  @Get(':invitationId')
  @Requires('user:read')
  @Answers('Shows an invitation.', { 200: ShownInvitation })
  async get(@CallerParam() caller: Caller, @Param('invitationId') invitationId: string) {
    const { row, version } = await this.steps.find(caller, 'user:read', invitationId);
    const position = await this.store.position();
    return this.writes.answer(shownInvitation(row, this.clock.nowIso()), { version, position });
  }

  @Delete(':invitationId')
  @Requires('user:create')
  @Answers('Withdraws an invitation that nobody has accepted yet.', { 200: ShownInvitation })
  async withdraw(
    @CallerParam() caller: Caller,
    @Param('invitationId') invitationId: string,
    @IfMatch() expectedVersion: number | undefined,
  ) {
    return this.steps.withdraw(caller, invitationId, expectedVersion);
  }
}
