import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { EventStore } from '#libs/event-store';
import { Answers, listOf, narrowing } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { listPage, ListQuery } from '../lists/list-query.js';
import { Principals } from '../principals.js';
import { KeyUseTable } from '../key-uses/key-uses.adapter.js';
import { ReasonBody } from '../reason-body.js';
import { Tables } from '../tables.js';
import { TenantScope } from '../tenants/tenant-scope.js';
import { Writes } from '../writes.js';
import { RotationBody } from '../rotations/rotation-body.js';
import { IssueBody, RotateBody, SuspendBody } from './key-bodies.js';
import { KeyIssue, mint } from './key-issue.js';
import { KeySteps } from './key-steps.js';
import { keyResource, shownKey } from './key-view.js';
import { IssuedKey, ShownKey } from './key-answers.js';

@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly store: EventStore,
    private readonly tables: Tables,
    private readonly principals: Principals,
    private readonly keys: KeyIssue,
    private readonly steps: KeySteps,
    private readonly writes: Writes,
    private readonly uses: KeyUseTable,
    private readonly clock: Clock,
  ) {}

  /** `value` is in this answer and nowhere else. */
  @Post()
  @Requires('key:create')
  @Answers('Issues a key; its text is in this answer and nowhere else.', { 201: IssuedKey })
  async issue(@CallerParam() caller: Caller, @Body({ schema: IssueBody }) body: IssueBody) {
    const tenantId = await this.scope.adding(caller, 'key:create', body.tenant);
    const unnamed = { type: 'key', path: '*', tenant: tenantId };
    const owner = await this.principals.resolve(caller, tenantId, body.owner, 'key:create', unnamed);
    const minted = mint(owner, body.kind, body.restrictions);
    // What is authorised is the owner that was resolved, not the text that was sent.
    this.access.require(caller, 'key:create', keyResource({ id: minted.keyId, tenantId, ownerId: owner.id }));
    const { outcome, row } = await this.keys.issue(caller, owner, minted, body);
    const shown = { ...shownKey(row, row.createdAt), owner: owner.subject, value: minted.text };
    return this.writes.answer(shown, outcome, { status: 201, location: `/v1/api-keys/${row.id}` });
  }

  @Get()
  @Requires('key:read')
  @Answers('Lists keys.', { 200: listOf(ShownKey) })
  async list(@CallerParam() caller: Caller, @Query({ schema: ListQuery }) query: ListQuery) {
    const tenantId = await this.scope.reading(caller, 'key:read', query.tenant);
    const now = this.clock.nowIso();
    const listed = await listPage(
      this.tables.keys,
      query,
      { tenantId },
      (rows) => this.access.visible(caller, 'key:read', rows, ({ row }) => keyResource(row)),
      (row) => row,
    );
    const used = await this.uses.of(listed.data.map(({ id }) => id));
    return { ...listed, data: listed.data.map((row) => shownKey(row, now, used.get(row.id))) };
  }

  @Get(':keyId')
  @Requires('key:read')
  @Answers('Shows a key.', { 200: ShownKey })
  async get(@CallerParam() caller: Caller, @Param('keyId') keyId: string) {
    const { row, version } = await this.steps.find(caller, 'key:read', keyId);
    const position = await this.store.position();
    const used = await this.uses.of([keyId]);
    return this.writes.answer(shownKey(row, this.clock.nowIso(), used.get(keyId)), { version, position });
  }

  /** A new text for the same key; `value` is in this answer and nowhere else. */
  @Post(':keyId/rotate')
  @HttpCode(200)
  @Requires('key:rotate')
  @Answers('Gives a key a new text; it is in this answer and nowhere else.', narrowing(IssuedKey))
  async rotate(
    @CallerParam() caller: Caller,
    @Param('keyId') keyId: string,
    @Body({ schema: RotateBody }) body: RotateBody,
  ) {
    return this.steps.rotate(caller, keyId, body);
  }

  /** By itself from now on, into one of the operator's sinks; `{"sink": null}` ends it. */
  @Post(':keyId/rotation')
  @HttpCode(200)
  @Requires('key:rotate')
  @Answers('Has a key rotate by itself, or no longer.', { 200: ShownKey })
  async schedule(
    @CallerParam() caller: Caller,
    @Param('keyId') keyId: string,
    @Body({ schema: RotationBody }) body: RotationBody,
  ) {
    return this.steps.schedule(caller, keyId, body);
  }

  @Post(':keyId/revoke')
  @HttpCode(200)
  @Requires('key:revoke')
  @Answers('Revokes a key for good.', narrowing(ShownKey))
  async revoke(
    @CallerParam() caller: Caller,
    @Param('keyId') keyId: string,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ) {
    return this.steps.take(caller, 'key:revoke', keyId, { type: 'RevokeApiKey' }, body.reason);
  }

  @Post(':keyId/suspend')
  @HttpCode(200)
  @Requires('key:suspend')
  @Answers('Suspends a key.', narrowing(ShownKey))
  async suspend(
    @CallerParam() caller: Caller,
    @Param('keyId') keyId: string,
    @Body({ schema: SuspendBody }) body: SuspendBody,
  ) {
    return this.steps.take(caller, 'key:suspend', keyId, { type: 'SuspendApiKey', leaked: body.leaked }, body.reason);
  }

  @Post(':keyId/resume')
  @HttpCode(200)
  @Requires('key:suspend')
  @Answers('Resumes a suspended key.', narrowing(ShownKey))
  async resume(
    @CallerParam() caller: Caller,
    @Param('keyId') keyId: string,
    @Body({ schema: ReasonBody }) body: ReasonBody,
  ) {
    return this.steps.take(caller, 'key:suspend', keyId, { type: 'ResumeApiKey' }, body.reason);
  }
}
