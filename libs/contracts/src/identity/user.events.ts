import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Labels } from '../names.js';
import { Sealed } from '../sealed.js';

/** Stream `identity.user-<userId>`; a user belongs to one tenant. */
const User = z.object({ userId: z.string(), tenantId: z.string(), at: z.iso.datetime() });
const WithReason = User.extend({ reason: Sealed.optional() });

export const UserRegistered = defineEvent(
  'identity.user.registered',
  User.extend({ email: Sealed, displayName: Sealed.optional(), labels: Labels }),
);
export const UserLabelled = defineEvent('identity.user.labelled', User.extend({ labels: Labels }));
export const UserSuspended = defineEvent('identity.user.suspended', WithReason);
export const UserResumed = defineEvent('identity.user.resumed', WithReason);
/** Ends for good: raises the epoch, so that no credential of before is ever accepted again. */
export const UserDeactivated = defineEvent('identity.user.deactivated', WithReason);
/** Their key is deleted: whoever keeps anything of theirs, sealed or not, deletes it too. */
export const UserErased = defineEvent('identity.user.erased', User);

export const userEvents = [
  UserRegistered,
  UserLabelled,
  UserSuspended,
  UserResumed,
  UserDeactivated,
  UserErased,
] as const;
export type UserEvent = ReturnType<(typeof userEvents)[number]['of']>;
