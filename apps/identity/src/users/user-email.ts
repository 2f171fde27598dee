import { DomainError } from '#libs/decider';
import type { Reservation } from '#libs/event-store';

/** One address, one user of a tenant; free again when the user is deactivated. */
export function emailReservation(tenantId: string, email: string): Reservation {
  const refusal = new DomainError('user/email-taken', 'A user of this tenant has this e-mail address.');
  return { scope: `user-email/${tenantId}`, name: email, refusal };
}
