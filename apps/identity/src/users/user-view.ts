import type { UserRow } from './user-list.projection.js';

/** A user as the API shows one. */
export function shownUser({ id, email, displayName, labels, status, createdAt }: UserRow) {
  return { object: 'user', id, email, display_name: displayName, labels, status, created_at: createdAt };
}

/** What is authorised when somebody asks for a user. */
export function userResource({ id, tenantId }: UserRow) {
  return { type: 'user', path: id, tenant: tenantId, owner: id };
}
