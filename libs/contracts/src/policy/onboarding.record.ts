import { z } from 'zod';
import { ONBOARDING_PROBLEMS_MAX, OnboardingProblem } from './onboarding.events.js';

const Answer = z.object({ onboardingId: z.string().min(1), tenantId: z.string() });

/** `<onboardingId>` on `policy.onboardings.v1`: what policy has decided. */
export const OnboardingAnswer = z.discriminatedUnion('outcome', [
  Answer.extend({ outcome: z.literal('confirmed'), revision: z.int().min(1) }),
  Answer.extend({
    outcome: z.literal('refused'),
    problems: z.array(OnboardingProblem).max(ONBOARDING_PROBLEMS_MAX),
  }),
  Answer.extend({ outcome: z.literal('withdrawn') }),
]);
export type OnboardingAnswer = z.output<typeof OnboardingAnswer>;
