import { topics, type OnboardingAnswer, type OnboardingProblem, type OnboardingRecord } from '#libs/contracts';
import { DomainError } from '#libs/decider';
import { EventStore, step, SubjectKeys, type AnyStep, type Context } from '#libs/event-store';
import { Clock, Logger } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import {
  apiKeyAggregate,
  invitationAggregate,
  onboardingAggregate,
  teamAggregate,
  tenantAggregate,
  userAggregate,
  virtualAccountAggregate,
} from '../aggregates.js';
import { teamNameReservation } from '../teams/team-view.js';
import { tenantNameReservation } from '../tenants/tenant-name.js';
import { emailReservation } from '../users/user-email.js';
import { Erasure } from '../users/erasure.js';
import { nameReservation } from '../virtual-accounts/virtual-account-view.js';
import type { OnboardingRow } from './onboarding-list.projection.js';
import type { FailureCause, Requested } from './onboarding.decider.js';

/** Refusals that say nothing of the onboarding itself: it is tried again. */
const TRANSIENT: ReadonlySet<string> = new Set(['concurrency/conflict', 'store/busy']);

type Named = Pick<Requested, 'onboardingId' | 'tenantId'>;

/**
 * Brings onboardings to their end: all of it in one transaction when policy has confirmed, nothing of it else. Each step
 * may be taken again at any time, by this process or by another one after this was killed.
 */
@Injectable()
export class OnboardingProcess {
  constructor(
    private readonly store: EventStore,
    private readonly subjectKeys: SubjectKeys,
    private readonly erasure: Erasure,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** What policy has decided. */
  async take(answer: OnboardingAnswer): Promise<void> {
    switch (answer.outcome) {
      case 'confirmed':
        return this.complete(answer.onboardingId, answer.revision);
      case 'refused':
        return this.fail(answer, 'refused', answer.problems);
      case 'withdrawn':
        // It was over here already; if not (this store was put back to a backup), it is now.
        return this.fail(answer, 'timed-out');
    }
  }

  /** Its time is over. */
  giveUp(row: OnboardingRow): Promise<void> {
    return this.fail({ onboardingId: row.id, tenantId: row.tenantId }, 'timed-out');
  }

  /** Makes unreadable what was sealed for a failed one, and is done with it. */
  async clear({ id: onboardingId, tenantId, subjectIds }: OnboardingRow): Promise<void> {
    for (const subjectId of subjectIds) await this.erasure.of(subjectId);
    const command = { type: 'ClearOnboarding' as const, onboardingId, tenantId, at: this.clock.nowIso() };
    await this.store.execute(onboardingAggregate, onboardingId, command, { context: byProcess(tenantId) });
  }

  private async complete(onboardingId: string, revision: number): Promise<void> {
    const { state } = await this.store.load(onboardingAggregate, onboardingId);
    if (state.status !== 'pending') return;
    const { requested } = state;
    const { tenantId, author: actor, requestId, decisionId } = requested;
    try {
      const steps = await this.stepsOf(requested, revision);
      await this.store.executeAll(steps, { context: { actor, tenantId, requestId, decisionId } });
    } catch (error) {
      if (!(error instanceof DomainError) || TRANSIENT.has(error.code)) throw error;
      // Given up in this very moment: policy is told so, and takes back what it confirmed.
      if (error.code === 'onboarding/not-pending') return;
      await this.fail(requested, 'conflict', [{ rule: error.code, message: error.message }]);
    }
  }

  /** The tenant and everything it begins with. */
  private async stepsOf(requested: Requested, revision: number): Promise<readonly AnyStep[]> {
    const {
      onboardingId,
      tenantId,
      displayName,
      author: createdBy,
      admin,
      virtualAccounts,
      keys,
      teams = [],
      invitation,
    } = requested;
    // As they were answered to whoever asked.
    const { at } = requested;
    const name = tenantNameReservation(tenantId);
    const email = await this.subjectKeys.open(admin.email);
    if (email === undefined) throw new DomainError('user/erased', 'Nobody knows who the administrator is any more.');
    const completed = {
      type: 'CompleteOnboarding' as const,
      onboardingId,
      tenantId,
      at: this.clock.nowIso(),
      revision,
    };
    const over = { release: () => [name], records: () => [record(onboardingId, null)] };
    return [
      step(onboardingAggregate, onboardingId, completed, over),
      step(tenantAggregate, tenantId, { type: 'CreateTenant', tenantId, displayName, at }, { reserve: () => [name] }),
      step(
        userAggregate,
        admin.userId,
        { type: 'RegisterUser', tenantId, at, ...admin },
        { reserve: () => [emailReservation(tenantId, email)] },
      ),
      ...teams.flatMap(({ teamId, name, memberIds }) => teamSteps({ teamId, tenantId, at }, name, memberIds)),
      ...virtualAccounts.map(({ virtualAccountId, team = null, ...account }) => {
        const about = { virtualAccountId, tenantId, at, ...account, team, createdBy, operator: false };
        const reserve = () => [nameReservation({ tenantId, name: account.name })];
        return step(virtualAccountAggregate, virtualAccountId, { type: 'CreateVirtualAccount', ...about }, { reserve });
      }),
      ...keys.map((key) => step(apiKeyAggregate, key.keyId, { type: 'IssueApiKey', ...key })),
      ...(invitation ? [invitationStep(invitation)] : []),
    ];
  }

  private async fail(
    { onboardingId, tenantId }: Named,
    cause: FailureCause,
    problems: readonly OnboardingProblem[] = [],
  ): Promise<void> {
    const about = { onboardingId, tenantId };
    const command = {
      type: 'FailOnboarding' as const,
      ...about,
      at: this.clock.nowIso(),
      cause,
      problems: [...problems],
    };
    const { events } = await this.store.execute(onboardingAggregate, onboardingId, command, {
      context: byProcess(tenantId),
      release: (decided) => decided.map(() => tenantNameReservation(tenantId)),
      records: (decided) => decided.map(() => record(onboardingId, { status: 'withdrawn', ...about })),
    });
    if (events.length > 0) this.logger.warn({ onboardingId, tenantId, cause }, 'a tenant was not onboarded');
  }
}

/** A team and whoever is in it from its first moment. */
function teamSteps(about: { teamId: string; tenantId: string; at: string }, name: string, memberIds: string[]) {
  const { teamId, tenantId } = about;
  const reserve = () => [teamNameReservation({ tenantId, name })];
  return [
    step(teamAggregate, teamId, { type: 'CreateTeam', ...about, name }, { reserve }),
    ...memberIds.map((principalId) => step(teamAggregate, teamId, { type: 'AddTeamMember', ...about, principalId })),
  ];
}

const invitationStep = (invitation: NonNullable<Requested['invitation']>) =>
  step(invitationAggregate, invitation.invitationId, { type: 'IssueInvitation', ...invitation });

const record = (onboardingId: string, value: OnboardingRecord | null) => {
  return { topic: topics.identityOnboardings.name, key: onboardingId, value };
};

const byProcess = (tenantId: string): Context => {
  return { actor: 'onboarding', tenantId, requestId: '', decisionId: '' };
};
