import {
  ONBOARDING_PROBLEMS_MAX,
  topics,
  type DocumentChange,
  type OnboardingAnswer,
  type OnboardingPolicyEvent,
  type OnboardingProblem,
  type OnboardingRecord,
  type RequestedOnboarding,
} from '#libs/contracts';
import { DomainError } from '#libs/decider';
import { EventStore, step, SubjectKeys, type Context, type StepOptions } from '#libs/event-store';
import { ProblemError } from '#libs/http';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { onboardingAggregate, policySetAggregate } from '../aggregates.js';
import { shownFinding } from '../apply/problems.js';
import { StandingSets, type Standing } from '../apply/standing.adapter.js';
import { UpstreamAddresses } from '../apply/upstream-addresses.js';
import { BundleIntake } from '../drafting/bundle-intake.js';
import { Drafting } from '../drafting/drafting.js';
import { deletionOf, sha256, type WantedChange } from '../drafting/wanted-change.js';
import type { OnboardingCommand } from './onboarding.decider.js';

/** Somebody else's revision may come in between; then all is looked at again. */
const ATTEMPTS_MAX = 5;

/** Documents that may be put in force, or what is wrong with them. */
type Judged = { readonly wanted: readonly WantedChange[] } | { readonly problems: readonly OnboardingProblem[] };

/**
 * Policy's part in the onboarding of a tenant: the documents are held to what `apply` holds a bundle to, and are put in
 * force in the transaction that says so, or not at all. Only operators onboard tenants, whom rule 11 excepts; that the
 * author may is what identity has asked.
 */
@Injectable()
export class OnboardingPolicy {
  constructor(
    private readonly store: EventStore,
    private readonly standing: StandingSets,
    private readonly drafting: Drafting,
    private readonly intake: BundleIntake,
    private readonly addresses: UpstreamAddresses,
    private readonly subjectKeys: SubjectKeys,
    private readonly clock: Clock,
  ) {}

  /** The same record again changes nothing. */
  async take(record: OnboardingRecord): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await (record.status === 'requested' ? this.decide(record) : this.withdraw(record));
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        // A record that came twice at once.
        if (error.code === 'onboarding/decided') return;
        if (error.code !== 'precondition/failed' || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  }

  private async decide(record: RequestedOnboarding): Promise<void> {
    const { onboardingId, tenantId, author, requestId, decisionId } = record;
    const { state } = await this.store.load(onboardingAggregate, onboardingId);
    if (state.status !== 'undecided') return;
    const context = { actor: author, tenantId, requestId, decisionId };
    const standing = await this.standing.of(tenantId);
    const judged = await this.judge(record, standing);
    const about = { onboardingId, tenantId, at: this.clock.nowIso() };
    if ('problems' in judged) {
      const problems = judged.problems.slice(0, ONBOARDING_PROBLEMS_MAX);
      const command = { type: 'RefuseOnboarding' as const, ...about, problems };
      await this.store.execute(onboardingAggregate, onboardingId, command, { context, ...answering });
      return;
    }
    const changes = await Promise.all(judged.wanted.map((each) => this.sealed(author, each)));
    const documents = changes.map(({ kind, name }) => ({ kind, name }));
    const confirm = { type: 'ConfirmOnboarding' as const, ...about, revision: standing.version + 1, documents };
    await this.publish(standing.version, confirm, changes, context);
  }

  private async withdraw({ onboardingId, tenantId }: OnboardingRecord): Promise<void> {
    const { state } = await this.store.load(onboardingAggregate, onboardingId);
    if (state.status === 'refused' || state.status === 'withdrawn') return;
    const command = { type: 'WithdrawOnboarding' as const, onboardingId, tenantId, at: this.clock.nowIso() };
    const context = { actor: 'onboarding', tenantId, requestId: '', decisionId: '' };
    const { version } = await this.standing.of(tenantId);
    const changes = state.documents.map((document) => deletionOf(document).change);
    await this.publish(version, command, changes, context);
  }

  private async judge({ tenantId, files, deadlineAt }: RequestedOnboarding, standing: Standing): Promise<Judged> {
    const nowMs = this.clock.nowMs();
    // Identity has given it up by now, or is about to.
    if (nowMs >= Date.parse(deadlineAt)) return refused('too-late', 'Policy came to it when its time was over.');
    if (standing.own.length > 0) return refused('not-new', `The tenant ${tenantId} has documents in force already.`);
    try {
      const read = await this.drafting.read(files);
      if (read.tenant !== tenantId) return refused('other-tenant', `Not every document is one of ${tenantId}.`);
      const source = this.intake.source(files, read, tenantId, 'apply');
      const job = { type: 'draft', tenantId, sets: standing, source, people: [], holder: undefined, nowMs } as const;
      const draft = await this.drafting.draft(job);
      const mistakes = [...draft.errors, ...this.addresses.refused(draft.addresses), ...draft.failedTests];
      return mistakes.length > 0 ? { problems: mistakes.map(shownFinding) } : { wanted: draft.wanted };
    } catch (error) {
      // Too large or too slow: what an apply would answer. What is only busy is asked again.
      if (error instanceof ProblemError) return refused(error.code, error.detail);
      if (error instanceof DomainError && error.code !== 'policy/unavailable') {
        return refused(error.code, error.message);
      }
      throw error;
    }
  }

  /** A revision and what is said of it, or neither. On the version that was looked at: a confirmation moves it on. */
  private async publish(
    version: number,
    said: OnboardingCommand,
    changes: readonly DocumentChange[],
    context: Context,
  ) {
    const { actor: author, tenantId } = context;
    const revision = { type: 'PublishRevision' as const, tenantId, author, reason: null, rollbackOf: null };
    const command = { ...revision, changes, at: said.at, sha256 };
    const steps = [
      step(onboardingAggregate, said.onboardingId, said, answering),
      step(policySetAggregate, tenantId, command, { expectedVersion: version }),
    ] as const;
    await this.store.executeAll(steps, { context });
  }

  private async sealed(author: string, { change, text }: WantedChange): Promise<DocumentChange> {
    if (text === null) return change;
    return { ...change, freeText: await this.subjectKeys.seal(author, JSON.stringify(text)) };
  }
}

const refused = (rule: string, message: string): Judged => ({ problems: [{ rule, message }] });

/** What identity is told goes out with the event. */
const answering: StepOptions<OnboardingPolicyEvent> = {
  records: (events) =>
    events.map(({ event }) => ({
      topic: topics.policyOnboardings.name,
      key: event.data.onboardingId,
      value: answerOf(event),
    })),
};

function answerOf({ type, data }: OnboardingPolicyEvent): OnboardingAnswer {
  const { onboardingId, tenantId } = data;
  switch (type) {
    case 'policy.onboarding.confirmed':
      return { onboardingId, tenantId, outcome: 'confirmed', revision: data.revision };
    case 'policy.onboarding.refused':
      return { onboardingId, tenantId, outcome: 'refused', problems: data.problems };
    case 'policy.onboarding.withdrawn':
      return { onboardingId, tenantId, outcome: 'withdrawn' };
  }
}
