import { DomainError } from '#libs/decider';
import type { Reservation } from '#libs/event-store';
import type { TeamRow } from './team-list.projection.js';

/** A team as the API shows one. */
export function shownTeam({ id, name, memberIds, managerIds: managers = [], status = 'active', createdAt }: TeamRow) {
  return { object: 'team', id, name, member_count: memberIds.length, managers, status, created_at: createdAt };
}

/** Policy names it by its name, so no other team of the tenant has it. */
export function teamNameReservation({ tenantId, name }: Pick<TeamRow, 'tenantId' | 'name'>): Reservation {
  const refusal = new DomainError('team/name-taken', 'A team of this tenant has this name.');
  return { scope: `team/${tenantId}`, name, refusal };
}
