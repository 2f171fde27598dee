import { invitationEvents, type InvitationEvent, type InvitationIssued, type Labels } from '#libs/contracts';
import type { ListProjection } from '#libs/decider';
import type { z } from 'zod';

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
  /** Whom accepting it has made, or gives a way in. */
  userId: string | null;
  expiresAt: string;
  createdAt: string;
};

type Issued = Omit<z.output<typeof InvitationIssued.schema>, 'email' | 'displayName'>;

const nobody = { email: null, displayName: null } as const;

/** An open invitation as lists have it. */
export function rowOf(
  { invitationId: id, tenantId, at: createdAt, labels, teams, inviterId, expiresAt, userId }: Issued,
  { email, displayName }: Pick<InvitationRow, 'email' | 'displayName'>,
): InvitationRow {
  const names = teams.map(({ name }) => name);
  const begun = { inviterId, status: 'open', userId: userId ?? null, expiresAt, createdAt } as const;
  return { id, tenantId, email, displayName, labels, teams: names, ...begun };
}

export const invitationList: ListProjection<InvitationEvent, InvitationRow> = {
  name: 'invitation_list_v1',
  types: invitationEvents.map((event) => event.type),
  place: ({ data }) => ({ id: data.invitationId, tenantId: data.tenantId }),
  project: (held, event, _at, open) => {
    switch (event.type) {
      case 'identity.invitation.issued': {
        const { email, displayName } = event.data;
        const person = {
          email: open(email) ?? null,
          displayName: displayName ? (open(displayName) ?? null) : null,
        };
        return rowOf(event.data, person);
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
