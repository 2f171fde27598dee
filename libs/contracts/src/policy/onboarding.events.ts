import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Slug } from '../names.js';
import { DocumentKind } from './document.record.js';

/** One mistake in the documents, as `apply` would tell it: file, line, column, message, rule and more. */
export const OnboardingProblem = z.record(z.string(), z.union([z.string(), z.number()]));
export type OnboardingProblem = z.output<typeof OnboardingProblem>;
/** Most problems that are told of one onboarding. */
export const ONBOARDING_PROBLEMS_MAX = 64;

/** Stream `policy.onboarding-<onboardingId>`: policy's part in the onboarding of a tenant, decided once. */
const Onboarding = z.object({ onboardingId: z.string(), tenantId: Slug, at: z.iso.datetime() });

/** In the transaction of the revision that puts the documents in force. */
export const OnboardingPolicyConfirmed = defineEvent(
  'policy.onboarding.confirmed',
  Onboarding.extend({
    revision: z.int().min(1),
    documents: z.array(z.object({ kind: DocumentKind, name: z.string() })),
  }),
);
export const OnboardingPolicyRefused = defineEvent(
  'policy.onboarding.refused',
  Onboarding.extend({ problems: z.array(OnboardingProblem).max(ONBOARDING_PROBLEMS_MAX) }),
);
/** None of its documents is in force, and none will be. */
export const OnboardingPolicyWithdrawn = defineEvent('policy.onboarding.withdrawn', Onboarding);

export const onboardingPolicyEvents = [
  OnboardingPolicyConfirmed,
  OnboardingPolicyRefused,
  OnboardingPolicyWithdrawn,
] as const;
export type OnboardingPolicyEvent = ReturnType<(typeof onboardingPolicyEvents)[number]['of']>;
