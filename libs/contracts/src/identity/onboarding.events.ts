import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Labels, Slug } from '../names.js';
import { OnboardingProblem } from '../policy/onboarding.events.js';
import { Sealed } from '../sealed.js';
import { ApiKeyIssued } from './api-key.events.js';
import { InvitationIssued } from './invitation.events.js';

/** Stream `identity.onboarding-<onboardingId>`: a tenant that is to be there as a whole or not at all. */
const Onboarding = z.object({ onboardingId: z.string(), tenantId: Slug, at: z.iso.datetime() });

/**
 * What is to be made once policy has confirmed its part. Nothing of it exists before: no guard has heard of these
 * people and keys. The documents are not here but in the record beside it, which does not stay.
 */
export const OnboardingRequested = defineEvent(
  'identity.onboarding.requested',
  Onboarding.extend({
    displayName: z.string(),
    /** From then on it is given up. */
    deadlineAt: z.iso.datetime(),
    /** Who asked, and the request and decision in which they did. */
    author: z.string(),
    requestId: z.string(),
    decisionId: z.string(),
    admin: z.object({ userId: z.string(), email: Sealed, displayName: Sealed.optional(), labels: Labels }),
    /** With the members that they begin with. */
    teams: z.array(z.object({ teamId: z.string(), name: Slug, memberIds: z.array(z.string()) })).optional(),
    virtualAccounts: z.array(
      z.object({ virtualAccountId: z.string(), name: Slug, labels: Labels, team: Slug.optional() }),
    ),
    keys: z.array(ApiKeyIssued.schema),
    /** The admin's way in where no key of theirs is. */
    invitation: InvitationIssued.schema.optional(),
  }),
);
/** In the transaction in which all of it is made. `revision`: policy's, in which the documents are in force. */
export const OnboardingCompleted = defineEvent(
  'identity.onboarding.completed',
  Onboarding.extend({ revision: z.int().min(1) }),
);
/** For good. `conflict`: something of it could not be made any more. */
export const OnboardingFailed = defineEvent(
  'identity.onboarding.failed',
  Onboarding.extend({
    cause: z.enum(['refused', 'timed-out', 'conflict']),
    problems: z.array(OnboardingProblem),
  }),
);
/** What was sealed for the people of a failed one is unreadable: nothing of it is left. */
export const OnboardingCleared = defineEvent('identity.onboarding.cleared', Onboarding);

export const onboardingEvents = [
  OnboardingRequested,
  OnboardingCompleted,
  OnboardingFailed,
  OnboardingCleared,
] as const;
export type OnboardingEvent = ReturnType<(typeof onboardingEvents)[number]['of']>;
