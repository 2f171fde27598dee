import { z } from 'zod';
import { Slug } from '../names.js';

const Onboarding = z.object({ onboardingId: z.string().min(1), tenantId: Slug });

/** Most policy documents that one onboarding brings. */
export const ONBOARDING_DOCUMENTS_MAX = 100;

/**
 * `<onboardingId>` on `identity.onboardings.v1`: what identity wants of policy. A tombstone once the tenant is there:
 * from then on its policy is changed like any other's.
 */
export const OnboardingRecord = z.discriminatedUnion('status', [
  Onboarding.extend({
    status: z.literal('requested'),
    deadlineAt: z.iso.datetime(),
    author: z.string(),
    requestId: z.string(),
    decisionId: z.string(),
    /** One document a file, with ids for addresses. */
    files: z
      .array(z.strictObject({ name: z.string(), text: z.string() }))
      .min(1)
      .max(ONBOARDING_DOCUMENTS_MAX + 1),
  }),
  /** Nothing of it is to be in force, whatever was said before. */
  Onboarding.extend({ status: z.literal('withdrawn') }),
]);
export type OnboardingRecord = z.output<typeof OnboardingRecord>;
export type RequestedOnboarding = Extract<OnboardingRecord, { status: 'requested' }>;
