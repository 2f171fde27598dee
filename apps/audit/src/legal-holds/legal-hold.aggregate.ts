import { legalHoldEvents, type LegalHoldEvent } from '#libs/contracts';
import type { Aggregate } from '#libs/event-store';
import { legalHoldDecider, type LegalHoldCommand, type LegalHoldState } from './legal-hold.decider.js';

/** One stream per tenant whose record was ever held. */
export const legalHoldAggregate: Aggregate<LegalHoldState, LegalHoldCommand, LegalHoldEvent> = {
  name: 'audit.legal-hold',
  decider: legalHoldDecider,
  events: legalHoldEvents,
  states: [],
};
