import type { InvitationRow } from './invitation-list.projection.js';

/** An invitation as the API shows one; one that is past its time is expired before anybody has written it down. */
export function shownInvitation(row: InvitationRow, now: string) {
  const { id, email, displayName, teams, labels, inviterId, userId, expiresAt, createdAt } = row;
  return {
    object: 'invitation',
    id,
    email,
    display_name: displayName,
    teams,
    labels,
    status: row.status === 'open' && now >= expiresAt ? 'expired' : row.status,
    invited_by: inviterId,
    user_id: userId,
    expires_at: expiresAt,
    created_at: createdAt,
  };
}

/** What is authorised when somebody asks for an invitation: the user that it would make. */
export function invitationResource({ id, tenantId }: Pick<InvitationRow, 'id' | 'tenantId'>) {
  return { type: 'user', path: id, tenant: tenantId };
}
