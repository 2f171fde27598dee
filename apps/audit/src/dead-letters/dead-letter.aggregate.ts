import { deadLetterEvents, type DeadLetterEvent } from '#libs/contracts';
import type { Aggregate } from '#libs/event-store';
import { deadLetterDecider, type DeadLetterState, type RedriveDeadLetter } from './dead-letter.decider.js';

/** One stream per letter that was ever sent again. */
export const deadLetterAggregate: Aggregate<DeadLetterState, RedriveDeadLetter, DeadLetterEvent> = {
  name: 'audit.dead-letter',
  decider: deadLetterDecider,
  events: deadLetterEvents,
  states: [],
};
