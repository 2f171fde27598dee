import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { EventStore } from '#libs/event-store';
import { IfMatch, ShownOnce } from '#libs/http';
import { Answers, listOf, narrowing } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { oauthClientAggregate } from '../aggregates.js';
import { newId } from '../ids.js';
import { listPage } from '../lists/list-query.js';
import { requireRoom, rooms } from '../lists/tenant-room.js';
import { ReasonBody } from '../reason-body.js';
import { Tables } from '../tables.js';
import { TenantScope } from '../tenants/tenant-scope.js';
import { Writes } from '../writes.js';
import { ClientWithSecret, ShownClient } from './client-answers.js';
import { ChangeClientBody, ClientListQuery, CreateClientBody, RotateSecretBody } from './client-bodies.js';
import type { OAuthClientRow } from './client-list.projection.js';
import { ClientRights } from './client-rights.js';
import { ClientSecrets } from './client-secrets.js';
import { ClientSettings } from './client-settings.js';
import { ClientSteps } from './client-steps.js';
import { clientResource, shownClient } from './client-view.js';

@Controller('v1/oauth-clients')
export class OAuthClientsController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly rights: ClientRights,
    private readonly secrets: ClientSecrets,
    private readonly settings: ClientSettings,
    private readonly steps: ClientSteps,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  /** `client_secret`, where the client has one, is in this answer and nowhere else. */
  @Post()
  @Requires('oauth-client:create', 'key:create')
  @ShownOnce('client_secret')
  @Answers('Registers an OAuth client; its secret is in this answer and nowhere else.', { 201: ClientWithSecret })
  async create(@CallerParam() caller: Caller, @Body({ schema: CreateClientBody }) body: CreateClientBody) {
    const tenantId = await this.scope.adding(caller, 'oauth-client:create', body.tenant);
    const id = newId('client');
    const settings = await this.settings.ofNew(caller, { id, tenantId }, body);
    await this.rights.require(caller, 'oauth-client:create', { id, tenantId }, [settings.virtualAccountId]);
    await requireRoom(this.tables.clients, tenantId, rooms.clients);
    const at = this.clock.nowIso();
    const authMethod = body.token_endpoint_auth_method;
    const secret = authMethod.startsWith('client_secret_') ? this.secrets.mint(id) : undefined;
    const command = {
      type: 'CreateOAuthClient' as const,
      clientId: id,
      tenantId,
      at,
      authMethod,
      settings: await this.settings.sealed(tenantId, settings),
      secret: secret?.kept ?? null,
      createdBy: caller.principalId,
    };
    const context = this.writes.context(caller, tenantId);
    const outcome = await this.store.execute(oauthClientAggregate, id, command, { context });
    const fresh = { status: 'active', overlapUntil: null, createdBy: caller.principalId } as const;
    const row: OAuthClientRow = {
      id,
      tenantId,
      authMethod,
      ...settings,
      ...fresh,
      secrets: [],
      redacted: secret?.kept.redacted ?? null,
      createdAt: at,
    };
    const shown = { ...shownClient(row, at), ...(secret && { client_secret: secret.text }) };
    return this.writes.answer(shown, outcome, { status: 201, location: `/v1/oauth-clients/${id}` });
  }

  @Get()
  @Requires('oauth-client:read')
  @Answers('Lists OAuth clients.', { 200: listOf(ShownClient) })
  async list(@CallerParam() caller: Caller, @Query({ schema: ClientListQuery }) query: ClientListQuery) {
    const tenantId = await this.scope.reading(caller, 'oauth-client:read', query.tenant);
    const { status, virtual_account: virtualAccountId } = query;
    const where = { ...(status && { status }), ...(virtualAccountId && { virtualAccountId }) };
    const now = this.clock.nowIso();
    return listPage(
      this.tables.clients,
      query,
      { tenantId, where },
      (rows) => this.access.visible(caller, 'oauth-client:read', rows, ({ row }) => clientResource(row)),
      (row) => shownClient(row, now),
    );
  }

  @Get(':clientId')
  @Requires('oauth-client:read')
  @Answers('Shows an OAuth client.', { 200: ShownClient })
  async get(@CallerParam() caller: Caller, @Param('clientId') clientId: string) {
    const { row, version } = await this.steps.find(caller, 'oauth-client:read', clientId);
    return this.writes.answer(shownClient(row, this.clock.nowIso()), {
      version,
      position: await this.store.position(),
    });
  }

  @Patch(':clientId')
  @Requires('oauth-client:edit', 'key:create')
  @Answers('Changes an OAuth client.', narrowing(ShownClient), { problems: [422] })
  async change(
    @CallerParam() caller: Caller,
    @Param('clientId') clientId: string,
    @IfMatch() expectedVersion: number | undefined,
    @Body({ schema: ChangeClientBody }) body: ChangeClientBody,
  ) {
    return this.steps.change(caller, clientId, body, expectedVersion);
  }

  /** A new secret; `client_secret` is in this answer and nowhere else. */
  @Post(':clientId/rotate-secret')
  @HttpCode(200)
  @Requires('oauth-client:edit', 'key:create')
  @ShownOnce('client_secret')
  @Answers('Gives a client a new secret; it is in this answer and nowhere else.', {
    200: ClientWithSecret,
  })
  async rotate(
    @CallerParam() caller: Caller,
    @Param('clientId') clientId: string,
    @Body({ schema: RotateSecretBody }) body: RotateSecretBody,
  ) {
    return this.steps.rotate(caller, clientId, body);
  }

  /** Its tokens end, and stay ended when it is enabled again. */
  @Post(':clientId/disable')
  @HttpCode(200)
  @Requires('oauth-client:revoke')
  @Answers('Disables a client, and ends its tokens.', narrowing(ShownClient))
  async disable(
    @CallerParam() caller: Caller,
    @Param('clientId') clientId: string,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ) {
    return this.steps.take(caller, 'oauth-client:revoke', clientId, 'DisableOAuthClient', body);
  }

  @Post(':clientId/enable')
  @HttpCode(200)
  @Requires('oauth-client:edit')
  @Answers('Enables a disabled client.', narrowing(ShownClient))
  async enable(
    @CallerParam() caller: Caller,
    @Param('clientId') clientId: string,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ) {
    return this.steps.take(caller, 'oauth-client:edit', clientId, 'EnableOAuthClient', body);
  }

  @Delete(':clientId')
  @HttpCode(200)
  @Requires('oauth-client:revoke')
  @Answers('Deletes a client for good.', narrowing(ShownClient))
  async delete(
    @CallerParam() caller: Caller,
    @Param('clientId') clientId: string,
    @IfMatch() expectedVersion: number | undefined,
  ) {
    return this.steps.take(caller, 'oauth-client:revoke', clientId, 'DeleteOAuthClient', { expectedVersion });
  }
}
