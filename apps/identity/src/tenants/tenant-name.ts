import { DomainError } from '#libs/decider';
import type { Reservation } from '#libs/event-store';

export const nameTaken = () => new DomainError('tenant/name-taken', 'This tenant name is already in use.');

/** One name, one tenant, also while it is being onboarded; never free again once there was a tenant of it. */
export const tenantNameReservation = (name: string): Reservation => ({ scope: 'tenant', name, refusal: nameTaken() });
