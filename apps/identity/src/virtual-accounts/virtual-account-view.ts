import { DomainError } from '#libs/decider';
import type { Reservation } from '#libs/event-store';
import { shownSchedule } from '../rotations/rotation-body.js';
import type { VirtualAccountRow } from './virtual-account-list.projection.js';

/** A virtual account as the API shows one. */
export function shownAccount({ id, name, team, labels, createdBy, status, createdAt, rotation }: VirtualAccountRow) {
  const shown = { object: 'virtual_account', id, name, team, ownerless: team === null && status !== 'deleted', labels };
  return {
    ...shown,
    created_by: createdBy,
    status,
    created_at: createdAt,
    rotation: rotation ? shownSchedule(rotation) : null,
  };
}

/** What is authorised when somebody asks for a virtual account. */
export function accountResource({ name, tenantId, team }: VirtualAccountRow) {
  return { type: 'virtual-account', path: name, tenant: tenantId, ...(team !== null && { team }) };
}

/** Policy names it by its name, so nobody else of the tenant has it; free again once it is deleted. */
export function nameReservation({ tenantId, name }: Pick<VirtualAccountRow, 'tenantId' | 'name'>): Reservation {
  const refusal = new DomainError('virtual-account/name-taken', 'A virtual account of this tenant has this name.');
  return { scope: `virtual-account/${tenantId}`, name, refusal };
}
