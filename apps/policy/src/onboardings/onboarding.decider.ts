import {
  OnboardingPolicyConfirmed,
  OnboardingPolicyRefused,
  OnboardingPolicyWithdrawn,
  type DocumentKind,
  type OnboardingPolicyEvent,
  type OnboardingProblem,
} from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';

type Named<Type extends string> = { type: Type; onboardingId: string; tenantId: string; at: string };
type Document = { kind: DocumentKind; name: string };
export type ConfirmOnboarding = Named<'ConfirmOnboarding'> & { revision: number; documents: Document[] };
export type RefuseOnboarding = Named<'RefuseOnboarding'> & { problems: OnboardingProblem[] };
export type OnboardingCommand = ConfirmOnboarding | RefuseOnboarding | Named<'WithdrawOnboarding'>;

/** `documents`: what is to go again when it is withdrawn. */
export type OnboardingState = {
  readonly status: 'undecided' | 'confirmed' | 'refused' | 'withdrawn';
  readonly documents: readonly Document[];
};

/** Policy's part in the onboarding of a tenant: decided once, and withdrawn for good, whichever of both comes first. */
export const onboardingDecider: Decider<OnboardingState, OnboardingCommand, OnboardingPolicyEvent> = {
  initialState: () => ({ status: 'undecided', documents: [] }),

  evolve: (_state, event) => {
    switch (event.type) {
      case 'policy.onboarding.confirmed':
        return { status: 'confirmed', documents: event.data.documents };
      case 'policy.onboarding.refused':
        return { status: 'refused', documents: [] };
      case 'policy.onboarding.withdrawn':
        return { status: 'withdrawn', documents: [] };
    }
  },

  decide: (command, { status }) => {
    switch (command.type) {
      case 'ConfirmOnboarding': {
        // Not an empty success: the revision that goes with it must not be published either.
        if (status !== 'undecided') throw new DomainError('onboarding/decided', 'This onboarding is decided already.');
        const { type: _, ...data } = command;
        return [OnboardingPolicyConfirmed.of(data)];
      }
      case 'RefuseOnboarding': {
        const { type: _, ...data } = command;
        return status === 'undecided' ? [OnboardingPolicyRefused.of(data)] : [];
      }
      case 'WithdrawOnboarding': {
        const { type: _, ...data } = command;
        // Also before anything was asked: what comes late is then not put in force any more.
        return status === 'refused' || status === 'withdrawn' ? [] : [OnboardingPolicyWithdrawn.of(data)];
      }
    }
  },
};
