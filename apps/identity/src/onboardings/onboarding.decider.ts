import {
  OnboardingCleared,
  OnboardingCompleted,
  OnboardingFailed,
  OnboardingRequested,
  type OnboardingEvent,
  type OnboardingProblem,
} from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';
import type { z } from 'zod';

export type Requested = z.output<typeof OnboardingRequested.schema>;
type Named<Type extends string> = { type: Type; onboardingId: string; tenantId: string; at: string };
export type FailureCause = 'refused' | 'timed-out' | 'conflict';
export type OnboardingCommand =
  | ({ type: 'RequestOnboarding' } & Requested)
  | (Named<'CompleteOnboarding'> & { revision: number })
  | (Named<'FailOnboarding'> & { cause: FailureCause; problems: OnboardingProblem[] })
  | Named<'ClearOnboarding'>;

export type OnboardingState =
  | { readonly status: 'absent' | 'completed' | 'cleared' }
  | { readonly status: 'pending'; readonly requested: Requested }
  | {
      readonly status: 'failed';
      readonly cause: FailureCause;
      readonly problems: readonly OnboardingProblem[];
    };

/** A tenant that is to be there as a whole or not at all. It ends once: completed, or failed for good. */
export const onboardingDecider: Decider<OnboardingState, OnboardingCommand, OnboardingEvent> = {
  initialState: () => ({ status: 'absent' }),

  evolve: (_state, event) => {
    switch (event.type) {
      case 'identity.onboarding.requested':
        return { status: 'pending', requested: event.data };
      case 'identity.onboarding.completed':
        return { status: 'completed' };
      case 'identity.onboarding.failed':
        return { status: 'failed', cause: event.data.cause, problems: event.data.problems };
      case 'identity.onboarding.cleared':
        return { status: 'cleared' };
    }
  },

  decide: (command, { status }) => {
    switch (command.type) {
      case 'RequestOnboarding': {
        if (status !== 'absent') throw new DomainError('onboarding/id-taken', 'This onboarding id is already in use.');
        const { type: _, ...data } = command;
        return [OnboardingRequested.of(data)];
      }
      case 'CompleteOnboarding': {
        // Not an empty success: what is made in the same transaction must not be made either.
        if (status !== 'pending') throw new DomainError('onboarding/not-pending', 'This onboarding is over.');
        const { type: _, ...data } = command;
        return [OnboardingCompleted.of(data)];
      }
      case 'FailOnboarding': {
        const { type: _, ...data } = command;
        return status === 'pending' ? [OnboardingFailed.of(data)] : [];
      }
      case 'ClearOnboarding': {
        const { type: _, ...data } = command;
        return status === 'failed' ? [OnboardingCleared.of(data)] : [];
      }
    }
  },
};
