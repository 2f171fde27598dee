import {
  ledgerEvents,
  onboardingPolicyEvents,
  ProviderCredentialSet,
  RevisionPublished,
  type LedgerEvent,
  type OnboardingPolicyEvent,
  type PolicyEvent,
} from '#libs/contracts';
import type { Aggregate } from '#libs/event-store';
import {
  providerCredentialDecider,
  type ProviderCredentialState,
  type SetProviderCredential,
} from './credentials/provider-credential.decider.js';
import { ledgerEntryDecider, type LedgerEntryCommand, type LedgerEntryState } from './ledger/ledger-entry.decider.js';
import { onboardingDecider, type OnboardingCommand, type OnboardingState } from './onboardings/onboarding.decider.js';
import { policySetDecider, type PolicySetState, type PublishRevision } from './revisions/policy-set.decider.js';
import { policySetSnapshots } from './revisions/policy-set.snapshots.js';
import { policyState } from './revisions/policy-state.projection.js';

type Of<Type extends PolicyEvent['type']> = Extract<PolicyEvent, { type: Type }>;

/** One stream per tenant; its n-th event is revision n. */
export const policySetAggregate: Aggregate<PolicySetState, PublishRevision, Of<'policy.revision.published'>> = {
  name: 'policy.tenant',
  decider: policySetDecider,
  events: [RevisionPublished],
  states: [policyState],
  snapshots: policySetSnapshots,
};

/** One stream per account. The sealed credential goes beside the event, as a state record, never in it. */
export const providerCredentialAggregate: Aggregate<
  ProviderCredentialState,
  SetProviderCredential,
  Of<'policy.provider-credential.set'>
> = {
  name: 'policy.provider-credential',
  decider: providerCredentialDecider,
  events: [ProviderCredentialSet],
  states: [],
};

/** One stream per onboarding of a tenant. What identity is told goes beside the events, as a state record. */
export const onboardingAggregate: Aggregate<OnboardingState, OnboardingCommand, OnboardingPolicyEvent> = {
  name: 'policy.onboarding',
  decider: onboardingDecider,
  events: onboardingPolicyEvents,
  states: [],
};

/** One stream per entry that somebody wrote; none of them changes. */
export const ledgerEntryAggregate: Aggregate<LedgerEntryState, LedgerEntryCommand, LedgerEvent> = {
  name: 'policy.ledger-entry',
  decider: ledgerEntryDecider,
  events: ledgerEvents,
  states: [],
};

/** Every aggregate of policy, for the store. */
export const aggregates = [
  policySetAggregate,
  providerCredentialAggregate,
  onboardingAggregate,
  ledgerEntryAggregate,
] as const;
