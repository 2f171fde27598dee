import type { DomainError } from '#libs/decider';
import type { Reservation } from '#libs/event-store';

/** One issuer and one audience lead to one record, whatever the tenant: else the token would not say whose it is. */
export function issuerReservations(issuer: string, audiences: readonly string[], refusal: DomainError): Reservation[] {
  return audiences.map((audience) => ({ scope: 'issuer', name: JSON.stringify([issuer, audience]), refusal }));
}
