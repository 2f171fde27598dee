import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { EventStore } from '#libs/event-store';
import { IfMatch } from '#libs/http';
import { Answers, listOf, narrowing } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { issuerAggregate } from '../aggregates.js';
import { newId } from '../ids.js';
import { listPage } from '../lists/list-query.js';
import { requireRoom, rooms } from '../lists/tenant-room.js';
import { ReasonBody } from '../reason-body.js';
import { Tables } from '../tables.js';
import { TenantScope } from '../tenants/tenant-scope.js';
import { Writes } from '../writes.js';
import { ShownIssuer } from './issuer-answers.js';
import { ChangeIssuerBody, IssuerListQuery, TrustIssuerBody } from './issuer-bodies.js';
import { IssuerFetches } from './issuer-fetches.adapter.js';
import type { IssuerRow } from './issuer-list.projection.js';
import { audienceReservations, nameReservation } from './issuer-reservations.js';
import { IssuerRights } from './issuer-rights.js';
import { WantedSettings } from './issuer-settings.js';
import { IssuerSteps } from './issuer-steps.js';
import { issuerResource, shownIssuer } from './issuer-view.js';

@Controller('v1/issuers')
export class IssuersController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly rights: IssuerRights,
    private readonly wanted: WantedSettings,
    private readonly fetches: IssuerFetches,
    private readonly steps: IssuerSteps,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Requires('issuer:edit', 'key:create', 'team:edit')
  @Answers('Trusts a token issuer.', { 201: ShownIssuer })
  async trust(@CallerParam() caller: Caller, @Body({ schema: TrustIssuerBody }) body: TrustIssuerBody) {
    const tenantId = await this.scope.adding(caller, 'issuer:edit', body.tenant);
    const { name } = body;
    const { settings, keys } = await this.wanted.ofNew(caller, { name, tenantId }, body);
    await this.rights.require(caller, { name, tenantId }, settings.mappings);
    await requireRoom(this.tables.issuers, tenantId, rooms.issuers);
    const id = newId('issuer');
    const at = this.clock.nowIso();
    const about = { issuerId: id, tenantId, at, name, keys: keys ?? [], createdBy: caller.principalId };
    const command = { type: 'TrustIssuer' as const, ...about, settings: await this.wanted.sealed(tenantId, settings) };
    const outcome = await this.store.execute(issuerAggregate, id, command, {
      context: this.writes.context(caller, tenantId),
      reserve: () => [nameReservation({ tenantId, name }), ...audienceReservations(body.issuer, body.audiences)],
    });
    const fresh = { keysUntil: null, notBefore: null, status: 'active', createdBy: caller.principalId } as const;
    const row: IssuerRow = { id, tenantId, name, ...settings, keys: about.keys, ...fresh, createdAt: at };
    return this.writes.answer(shownIssuer(row, undefined), outcome, { status: 201, location: `/v1/issuers/${id}` });
  }

  @Get()
  @Requires('issuer:read')
  @Answers('Lists the trusted token issuers.', { 200: listOf(ShownIssuer) })
  async list(@CallerParam() caller: Caller, @Query({ schema: IssuerListQuery }) query: IssuerListQuery) {
    const tenantId = await this.scope.reading(caller, 'issuer:read', query.tenant);
    const { status, issuer } = query;
    const where = { ...(status && { status }), ...(issuer && { issuer }) };
    const page = await listPage(
      this.tables.issuers,
      query,
      { tenantId, where },
      (rows) => this.access.visible(caller, 'issuer:read', rows, ({ row }) => issuerResource(row)),
      (row) => row,
    );
    const fetches = await this.fetches.of(page.data.map(({ id }) => id));
    return { ...page, data: page.data.map((row) => shownIssuer(row, fetches.get(row.id))) };
  }

  @Get(':issuerId')
  @Requires('issuer:read')
  @Answers('Shows a token issuer.', { 200: ShownIssuer })
  async get(@CallerParam() caller: Caller, @Param('issuerId') issuerId: string) {
    const { row, version } = await this.steps.find(caller, 'issuer:read', issuerId);
    return this.writes.answer(await this.steps.shown(row), { version, position: await this.store.position() });
  }

  @Patch(':issuerId')
  @Requires('issuer:edit', 'key:create', 'team:edit')
  @Answers('Changes what is accepted of an issuer, and as whom.', narrowing(ShownIssuer), { problems: [422] })
  async change(
    @CallerParam() caller: Caller,
    @Param('issuerId') issuerId: string,
    @IfMatch() expectedVersion: number | undefined,
    @Body({ schema: ChangeIssuerBody }) body: ChangeIssuerBody,
  ) {
    return this.steps.change(caller, issuerId, body, expectedVersion);
  }

  /** Asks the issuer for its keys now, at most twice a minute; 202, since nobody waits for it. */
  @Post(':issuerId/refresh')
  @HttpCode(202)
  @Requires('issuer:edit')
  @Answers('Asks an issuer for its keys now, at most twice a minute.', { 202: ShownIssuer })
  async refresh(@CallerParam() caller: Caller, @Param('issuerId') issuerId: string) {
    return this.steps.refresh(caller, issuerId);
  }

  /** Its tokens are refused everywhere, and those of before also once it is enabled again. */
  @Post(':issuerId/disable')
  @HttpCode(200)
  @Requires('issuer:revoke')
  @Answers('Stops trusting an issuer for a while; its tokens end.', narrowing(ShownIssuer))
  async disable(
    @CallerParam() caller: Caller,
    @Param('issuerId') issuerId: string,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ) {
    return this.steps.take(caller, 'issuer:revoke', issuerId, 'DisableIssuer', body);
  }

  @Post(':issuerId/enable')
  @HttpCode(200)
  @Requires('issuer:edit')
  @Answers('Trusts a disabled issuer again; tokens of before stay ended.', narrowing(ShownIssuer))
  async enable(
    @CallerParam() caller: Caller,
    @Param('issuerId') issuerId: string,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ) {
    return this.steps.take(caller, 'issuer:edit', issuerId, 'EnableIssuer', body);
  }

  @Delete(':issuerId')
  @HttpCode(200)
  @Requires('issuer:revoke')
  @Answers('Stops trusting an issuer for good.', narrowing(ShownIssuer))
  async delete(
    @CallerParam() caller: Caller,
    @Param('issuerId') issuerId: string,
    @IfMatch() expectedVersion: number | undefined,
  ) {
    return this.steps.take(caller, 'issuer:revoke', issuerId, 'DeleteIssuer', { expectedVersion });
  }
}
