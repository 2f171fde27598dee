import { defineEvent } from '#libs/decider';
import { z } from 'zod';
import { Labels } from '../names.js';
import { Sealed } from '../sealed.js';

/** Stream `identity.invitation-<invitationId>`; into one tenant. */
const Invitation = z.object({ invitationId: z.string(), tenantId: z.string(), at: z.iso.datetime() });

/**
 * What is sealed is sealed for the invitation itself, whose key is deleted when the invitation ends, however it does; for
 * somebody who was registered before with their own key, as everything else that is kept of them.
 */
export const InvitationIssued = defineEvent(
  'identity.invitation.issued',
  Invitation.extend({
    email: Sealed,
    displayName: Sealed.optional(),
    labels: Labels,
    teams: z.array(z.object({ teamId: z.string(), name: z.string() })),
    /** Of another tenant where an operator invites. */
    inviterId: z.string(),
    inviterTenantId: z.string(),
    /** HMAC-SHA-256 of the whole token under the pepper of that version; the token itself is never stored. */
    token: z.object({ mac: z.string(), pepperVersion: z.int() }),
    expiresAt: z.iso.datetime(),
    /** Who was registered before and gets a way in; else accepting registers somebody. */
    userId: z.string().optional(),
  }),
);
/** In the transaction that registers the user and puts them into the teams; their first password is in it, too. */
export const InvitationAccepted = defineEvent(
  'identity.invitation.accepted',
  Invitation.extend({ userId: z.string() }),
);
export const InvitationWithdrawn = defineEvent('identity.invitation.withdrawn', Invitation);
export const InvitationExpired = defineEvent('identity.invitation.expired', Invitation);

export const invitationEvents = [InvitationIssued, InvitationAccepted, InvitationWithdrawn, InvitationExpired] as const;
export type InvitationEvent = ReturnType<(typeof invitationEvents)[number]['of']>;
