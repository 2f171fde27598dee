import { Access, type Caller } from '#libs/access';
import { topics, type OnboardingRecord } from '#libs/contracts';
import { EventStore, ProjectionRunner } from '#libs/event-store';
import { problem } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { onboardingAggregate } from '../aggregates.js';
import { EVERYTHING } from '../api-keys/key-reach.js';
import { shownKey } from '../api-keys/key-view.js';
import { isNarrowed } from '../grants/caller-reach.js';
import { newId } from '../ids.js';
import { shownInvitation } from '../invitations/invitation-view.js';
import { Tables } from '../tables.js';
import { nameTaken, tenantNameReservation } from '../tenants/tenant-name.js';
import { shownTenant } from '../tenants/tenant-view.js';
import { shownTeam } from '../teams/team-view.js';
import { shownUser } from '../users/user-view.js';
import { shownAccount } from '../virtual-accounts/virtual-account-view.js';
import { Writes } from '../writes.js';
import { confirmSeconds, waitSeconds, type OnboardingBody } from './onboarding-body.js';
import { onboardingFiles } from './onboarding-files.js';
import { OnboardingPlans, type OnboardingPlan } from './onboarding-plan.js';
import type { OnboardingState } from './onboarding.decider.js';

/** Between two looks at how it went, ms. */
const POLL_MS = 50;

/** Begins the onboarding of a tenant, and tells how it went as far as that is soon known. */
@Injectable()
export class OnboardingRequests {
  constructor(
    private readonly access: Access,
    private readonly store: EventStore,
    private readonly projections: ProjectionRunner,
    private readonly tables: Tables,
    private readonly plans: OnboardingPlans,
    private readonly writes: Writes,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError 403 unless by an operator with all their rights, 422 with what policy refused; DomainError 409. */
  async onboard(caller: Caller, body: OnboardingBody) {
    const { name: tenantId, display_name: displayName = body.name } = body;
    const question = { action: 'tenant:create', resource: { type: 'tenant', path: tenantId } };
    this.access.require(caller, question.action, question.resource);
    // Whoever is given an administrator's key can do anything in that tenant.
    if (!caller.operator || isNarrowed(caller)) throw this.access.grantRefused(caller, question, EVERYTHING);
    if (await this.tables.tenants.find(undefined, tenantId)) throw nameTaken();
    const plan = await this.plans.of(body, caller);
    const { createdAt } = plan;
    const { onboardingId, position } = await this.request(caller, body, plan).catch(async (error: unknown) => {
      await this.plans.forget(plan);
      throw error;
    });
    const state = await this.settled(onboardingId, waitSeconds(body) * 1_000);
    if (state.status === 'failed' || state.status === 'cleared') throw refusalOf(state);
    const isDone = state.status === 'completed';
    const tenant = {
      id: tenantId,
      displayName,
      status: isDone ? ('active' as const) : ('onboarding' as const),
      createdAt,
    };
    const at = isDone ? await this.store.position() : position;
    const more = { status: isDone ? 201 : 202, location: `/v1/tenants/${tenantId}` };
    return this.writes.answer(
      { ...shownTenant(tenant), ...shownPlan(plan, this.clock.nowIso()) },
      { position: at },
      more,
    );
  }

  private async request(caller: Caller, body: OnboardingBody, plan: OnboardingPlan) {
    const { name: tenantId, display_name: displayName = body.name, documents } = body;
    const { admin } = plan;
    const files = onboardingFiles(tenantId, { userId: admin.row.id, email: admin.row.email }, documents);
    const onboardingId = newId('onboarding');
    const { createdAt: at } = plan;
    const { principalId: author, requestId, decisionId } = caller;
    const deadlineAt = new Date(Date.parse(at) + confirmSeconds(body) * 1_000).toISOString();
    const about = { onboardingId, tenantId, deadlineAt, author, requestId, decisionId };
    const virtualAccounts = plan.virtualAccounts.map(({ id, name, labels, team }) => ({
      virtualAccountId: id,
      name,
      labels,
      ...(team !== null && { team }),
    }));
    const teams = plan.teams.map(({ id: teamId, name, memberIds }) => ({ teamId, name, memberIds: [...memberIds] }));
    const keys = plan.keys.map(({ event }) => event);
    const invitation = plan.invitation && { invitation: plan.invitation.event };
    const made = { displayName, admin: admin.event, teams, virtualAccounts, keys, ...invitation };
    const command = { type: 'RequestOnboarding' as const, ...about, at, ...made };
    const value: OnboardingRecord = { status: 'requested', ...about, files: [...files] };
    const { position } = await this.store.execute(onboardingAggregate, onboardingId, command, {
      context: this.writes.context(caller, tenantId),
      reserve: () => [tenantNameReservation(tenantId)],
      records: () => [{ topic: topics.identityOnboardings.name, key: onboardingId, value }],
    });
    return { onboardingId, position };
  }

  /** How it stands once it is over, or after the longest wait. */
  private async settled(onboardingId: string, waitMs: number): Promise<OnboardingState> {
    const untilMs = this.clock.monotonicMs() + waitMs;
    for (;;) {
      const { state } = await this.store.load(onboardingAggregate, onboardingId);
      if (state.status !== 'pending') {
        // Another process, or another call of this one, has ended it: its caller reads it in every list all the same.
        await this.projections.catchUp();
        return state;
      }
      if (this.clock.monotonicMs() >= untilMs) return state;
      await delay(POLL_MS);
    }
  }
}

function shownPlan({ admin, teams, virtualAccounts, keys, invitation }: OnboardingPlan, nowIso: string) {
  const { row, token } = invitation ?? {};
  return {
    ...(row && { invitation: { ...shownInvitation(row, nowIso), token } }),
    admin: shownUser(admin.row),
    teams: teams.map(shownTeam),
    virtual_accounts: virtualAccounts.map(shownAccount),
    keys: keys.map(({ row, owner, value }) => ({ ...shownKey(row, nowIso), owner, value })),
  };
}

/** What is told of one that failed while its caller was waiting. */
function refusalOf(state: OnboardingState) {
  if (state.status !== 'failed' || state.cause !== 'refused') {
    const detail = 'The tenant could not be onboarded in its time; nothing of it was kept.';
    return problem(409, 'onboarding/given-up', detail);
  }
  const detail = 'Policy refused the documents of the tenant; nothing of it was kept.';
  return problem(422, 'onboarding/refused', detail, state.problems);
}
