import type { InvitationIssued, Sealed } from '#libs/contracts';
import { step, type AnyStep } from '#libs/event-store';
import type { z } from 'zod';
import { invitationAggregate, teamAggregate, userAggregate } from '../aggregates.js';
import { emailReservation } from '../users/user-email.js';

type Invitation = z.output<typeof InvitationIssued.schema>;
/** Who accepts, with what is sealed of them where they are to be registered. */
export type Guest = {
  readonly userId: string;
  readonly email: string;
  readonly sealed?: { readonly email: Sealed; readonly displayName?: Sealed };
};

/**
 * What accepting does, as one transaction: registers somebody and puts them into the teams. Whom it only lets in must still
 * be there, and is left as they are.
 */
export function acceptedSteps(invitation: Invitation, { userId, email, sealed }: Guest, at: string): AnyStep[] {
  const { invitationId, tenantId, labels, teams } = invitation;
  const user = { userId, tenantId, at };
  const accepted = step(invitationAggregate, invitationId, {
    type: 'AcceptInvitation',
    invitationId,
    tenantId,
    at,
    userId,
  });
  if (!sealed) return [accepted, step(userAggregate, userId, { type: 'RequireActiveUser', ...user })];
  const registration = { type: 'RegisterUser' as const, ...user, ...sealed, labels };
  return [
    accepted,
    step(userAggregate, userId, registration, { reserve: () => [emailReservation(tenantId, email)] }),
    ...teams.map(({ teamId }) =>
      step(teamAggregate, teamId, { type: 'AddTeamMember', teamId, tenantId, at, principalId: userId }),
    ),
  ];
}
