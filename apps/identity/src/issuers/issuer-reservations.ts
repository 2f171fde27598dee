import { DomainError } from '#libs/decider';
import type { Reservation } from '#libs/event-store';

/** One issuer and one audience lead to one record, whatever the tenant: else the token would not say whose it is. */
export function audienceReservations(issuer: string, audiences: readonly string[]): Reservation[] {
  const refusal = new DomainError('issuer/taken', 'This issuer is trusted already with one of these audiences.');
  return audiences.map((audience) => ({ scope: 'issuer', name: JSON.stringify([issuer, audience]), refusal }));
}

/** Policy names it by its name, so no other of the tenant has it; free again once it is deleted. */
export function nameReservation({ tenantId, name }: { tenantId: string; name: string }): Reservation {
  const refusal = new DomainError('issuer/name-taken', 'An issuer of this tenant has this name.');
  return { scope: `issuer/${tenantId}`, name, refusal };
}
