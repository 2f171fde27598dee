import {
  InvitationAccepted,
  InvitationExpired,
  InvitationIssued,
  InvitationWithdrawn,
  type InvitationEvent,
} from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';
import type { z } from 'zod';

type Named<Type extends string> = { type: Type; invitationId: string; tenantId: string; at: string };
type IssuedData = z.output<typeof InvitationIssued.schema>;
export type IssueInvitation = { type: 'IssueInvitation' } & IssuedData;
export type InvitationCommand =
  | IssueInvitation
  | (Named<'AcceptInvitation'> & { userId: string })
  | Named<'WithdrawInvitation'>
  | Named<'ExpireInvitation'>;

export type HeldInvitation = { status: 'open' | 'accepted' | 'withdrawn' | 'expired'; issued: IssuedData };
export type InvitationState = { status: 'absent' } | HeldInvitation;

export const invitationDecider: Decider<InvitationState, InvitationCommand, InvitationEvent> = {
  initialState: () => ({ status: 'absent' }),

  evolve: (state, event) => {
    if (event.type === 'identity.invitation.issued') return { status: 'open', issued: event.data };
    if (state.status === 'absent') return state;
    switch (event.type) {
      case 'identity.invitation.accepted':
        return { ...state, status: 'accepted' };
      case 'identity.invitation.withdrawn':
        return { ...state, status: 'withdrawn' };
      case 'identity.invitation.expired':
        return { ...state, status: 'expired' };
    }
  },

  decide: (command, state) => {
    if (command.type === 'IssueInvitation') {
      if (state.status !== 'absent') throw new DomainError('invitation/id-taken', 'This id is already in use.');
      const { type: _, ...data } = command;
      return [InvitationIssued.of(data)];
    }
    // Another tenant's must look exactly like a missing one.
    if (state.status === 'absent' || state.issued.tenantId !== command.tenantId) throw notFound();
    switch (command.type) {
      case 'AcceptInvitation': {
        if (!isAcceptable(state, command.at)) throw notFound();
        const { type: _, ...data } = command;
        return [InvitationAccepted.of(data)];
      }
      case 'WithdrawInvitation': {
        if (state.status === 'accepted') {
          throw new DomainError('invitation/accepted', 'It was accepted; deactivate the user instead.');
        }
        const { type: _, ...data } = command;
        return state.status === 'open' ? [InvitationWithdrawn.of(data)] : [];
      }
      case 'ExpireInvitation': {
        const { type: _, ...data } = command;
        return state.status === 'open' && hasExpired(state, command.at) ? [InvitationExpired.of(data)] : [];
      }
    }
  },
};

/** Whether it may be accepted at that moment: once, and until the second that it was issued for. */
export function isAcceptable(state: InvitationState, at: string): boolean {
  return state.status === 'open' && !hasExpired(state, at);
}

/** Times are written by one clock in one form, so that they compare as texts. */
const hasExpired = ({ issued }: HeldInvitation, at: string) => at >= issued.expiresAt;

/** Whoever accepts learns nothing of why: unknown, withdrawn, expired and used are one answer. */
const notFound = () => new DomainError('invitation/not-found', 'There is no such invitation.');
