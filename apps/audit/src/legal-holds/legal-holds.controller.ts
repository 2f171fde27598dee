import { Access, CallerParam, IdentityView, Requires, type Caller } from '#libs/access';
import { PLATFORM_TENANT, Slug } from '#libs/contracts';
import { EventStore, SubjectKeys, type Outcome } from '#libs/event-store';
import { answer, decodeCursor, IfMatch, page, pageQuery } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import { AuditReach } from '../records/audit-reach.js';
import type { Hold } from './held-tenants.projection.js';
import { legalHoldAggregate } from './legal-hold.aggregate.js';
import { ShownLegalHold } from './legal-hold-answers.js';
import type { LegalHoldCommand } from './legal-hold.decider.js';
import { LegalHolds } from './legal-holds.js';

const REASON_CHARS_MAX = 500;
const ListQuery = z.strictObject({ ...pageQuery, tenant: z.string().min(1).max(63).optional() });
type ListQuery = z.output<typeof ListQuery>;
const HoldBody = z.strictObject({ reason: z.string().min(1).max(REASON_CHARS_MAX) });
type HoldBody = z.output<typeof HoldBody>;

const resourceOf = (tenant: string) => ({ type: 'audit', path: `legal-holds/${tenant}`, tenant });

/** Tenants of whose record nothing expires until somebody says so. */
@Controller('v1/legal-holds')
export class LegalHoldsController {
  constructor(
    private readonly access: Access,
    private readonly reach: AuditReach,
    private readonly holds: LegalHolds,
    private readonly identity: IdentityView,
    private readonly subjectKeys: SubjectKeys,
    private readonly store: EventStore,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Requires('audit:read')
  @Answers('Lists legal holds: all for the operator, that of one’s tenant for everybody else.', {
    200: listOf(ShownLegalHold),
  })
  async list(@CallerParam() caller: Caller, @Query({ schema: ListQuery }) { limit, after, tenant }: ListQuery) {
    const reach = this.reach.ofAll(caller, 'legal-holds', tenant);
    const behind = after === undefined ? '' : String(decodeCursor(after, 1)[0]);
    const rows = [...(await this.holds.inForce()).values()]
      .filter(({ tenantId }) => tenantId > behind && (reach.tenant === undefined || reach.tenant === tenantId))
      .toSorted((a, b) => (a.tenantId < b.tenantId ? -1 : 1))
      .slice(0, limit + 1);
    const open = await this.subjectKeys.openAll(rows);
    this.reach.grant(caller, 'legal-holds', reach);
    return page(
      rows,
      limit,
      ({ tenantId }) => [tenantId],
      (hold) => shown(hold, open(hold.reason)),
    );
  }

  @Get(':tenantId')
  @Requires('audit:read')
  @Answers('Shows the legal hold of a tenant.', { 200: ShownLegalHold })
  async get(@CallerParam() caller: Caller, @Param('tenantId') tenantId: string) {
    const hold = await this.find(caller, 'audit:read', tenantId);
    if (!hold) throw this.access.notFound(caller, 'audit:read', resourceOf(tenantId));
    this.access.require(caller, 'audit:read', resourceOf(tenantId));
    return answer(shown(hold, await this.subjectKeys.open(hold.reason)), { version: hold.version });
  }

  /** What expires is asked about again right before it goes, so whatever is there now stays. */
  @Put(':tenantId')
  @Requires('audit:hold')
  @Answers('Keeps all of a tenant’s record from expiring.', { 200: ShownLegalHold })
  async set(
    @CallerParam() caller: Caller,
    @Param('tenantId') tenantId: string,
    @IfMatch() expectedVersion: number | undefined,
    @Body({ schema: HoldBody }) { reason: text }: HoldBody,
  ) {
    const hold = await this.find(caller, 'audit:hold', tenantId);
    this.access.require(caller, 'audit:hold', resourceOf(tenantId));
    const isSame = hold && (await this.subjectKeys.open(hold.reason)) === text;
    const reason = isSame ? hold.reason : await this.subjectKeys.seal(caller.principalId, text);
    const command = { type: 'SetLegalHold' as const, ...this.said(caller, tenantId), reason };
    const outcome = await this.execute(caller, command, expectedVersion);
    const said = outcome.events.length > 0 || !hold ? command : hold;
    return answered(shown(said, text), outcome);
  }

  @Delete(':tenantId')
  @HttpCode(200)
  @Requires('audit:hold')
  @Answers('Lets a tenant’s record expire again.', { 200: ShownLegalHold })
  async release(
    @CallerParam() caller: Caller,
    @Param('tenantId') tenantId: string,
    @IfMatch() expectedVersion: number | undefined,
  ) {
    const hold = await this.find(caller, 'audit:hold', tenantId);
    if (!hold) throw this.access.notFound(caller, 'audit:hold', resourceOf(tenantId));
    this.access.require(caller, 'audit:hold', resourceOf(tenantId));
    const command = { type: 'ReleaseLegalHold' as const, ...this.said(caller, tenantId) };
    const outcome = await this.execute(caller, command, expectedVersion);
    return answered({ ...shown(command, null), status: 'released' }, outcome);
  }

  /** Another’s tenant, and one that nobody knows, are missing alike. */
  private async find(caller: Caller, action: 'audit:read' | 'audit:hold', tenantId: string): Promise<Hold | undefined> {
    const isOurs = caller.operator || caller.tenantId === tenantId;
    const isKnown = tenantId === PLATFORM_TENANT || this.identity.tenant(tenantId) !== undefined;
    if (!isOurs || !isKnown || !Slug.safeParse(tenantId).success) {
      throw this.access.notFound(caller, action, resourceOf(tenantId));
    }
    return (await this.holds.inForce()).get(tenantId);
  }

  private said({ principalId: author }: Caller, tenantId: string) {
    return { tenantId, author, at: this.clock.nowIso() };
  }

  private execute(caller: Caller, command: LegalHoldCommand, expectedVersion: number | undefined) {
    const { principalId: actor, requestId, decisionId } = caller;
    const context = { actor, tenantId: command.tenantId, requestId, decisionId };
    const options = { context, ...(expectedVersion !== undefined && { expectedVersion }) };
    return this.store.execute(legalHoldAggregate, command.tenantId, command, options);
  }
}

type Shown = z.output<typeof ShownLegalHold>;

function shown(
  { tenantId: tenant, author, at }: Pick<Hold, 'tenantId' | 'author' | 'at'>,
  reason: string | null = '(erased)',
): Shown {
  return { object: 'legal_hold', tenant, status: 'held', reason, author, at };
}

function answered(body: Shown, { version, position }: Pick<Outcome<never, never>, 'version' | 'position'>) {
  return answer(body, { version, position: { store: 'audit', position } });
}
