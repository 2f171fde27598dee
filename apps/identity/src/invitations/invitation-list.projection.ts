import { invitationEvents, type InvitationEvent, type Labels } from '#libs/contracts';
import type { ListProjection } from '#libs/decider';

/** `email` and `displayName` are null once it has ended: whoever accepted is a user, and nobody else is kept. */
export type InvitationRow = {
  id: string;
  tenantId: string;
  email: string | null;
  displayName: string | null;
  labels: Labels;
  teams: string[];
  inviterId: string;
  status: 'open' | 'accepted' | 'withdrawn' | 'expired';
  /** Whom accepting it has made. */
  userId: string | null;
  expiresAt: string;
  createdAt: string;
};

const nobody = { email: null, displayName: null } as const;

export const invitationList: ListProjection<InvitationEvent, InvitationRow> = {
  name: 'invitation_list_v1',
  types: invitationEvents.map((event) => event.type),
  place: ({ data }) => ({ id: data.invitationId, tenantId: data.tenantId }),
  project: (held, event, _at, open) => {
    switch (event.type) {
      case 'identity.invitation.issued': {
        const { invitationId: id, tenantId, at, email, displayName, labels, teams, inviterId, expiresAt } = event.data;
        return {
          id,
          tenantId,
          email: open(email) ?? null,
          displayName: displayName ? (open(displayName) ?? null) : null,
          labels,
          teams: teams.map(({ name }) => name),
          inviterId,
          status: 'open',
          userId: null,
          expiresAt,
          createdAt: at,
        };
      }
      case 'identity.invitation.accepted':
        return held && { ...held, ...nobody, status: 'accepted', userId: event.data.userId };
      case 'identity.invitation.withdrawn':
        return held && { ...held, ...nobody, status: 'withdrawn' };
      case 'identity.invitation.expired':
        return held && { ...held, ...nobody, status: 'expired' };
    }
  },
};
