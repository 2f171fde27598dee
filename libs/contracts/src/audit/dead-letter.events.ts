import { defineEvent } from '#libs/decider';
import { z } from 'zod';

/** Which letter: `<consumer>-<offset>` in `<consumer>.dead-letter.v1`. */
export const DEAD_LETTER_ID = /^[a-z][a-z0-9.-]{0,80}-\d{1,15}$/;

/**
 * Somebody had a record sent again that was given up, to the place named here. Written before it is sent: nothing is
 * sent again unrecorded. Stream `audit.dead-letter-<letterId>`; letters are of no tenant, so it is the platform's.
 */
export const DeadLetterRedriven = defineEvent(
  'audit.dead-letter.redriven',
  z.object({
    tenantId: z.string(),
    letterId: z.string().regex(DEAD_LETTER_ID),
    at: z.iso.datetime(),
    topic: z.string(),
    partition: z.int(),
    /** Why it had been given up: a code. */
    givenUpFor: z.string(),
  }),
);

export const deadLetterEvents = [DeadLetterRedriven] as const;
export type DeadLetterEvent = ReturnType<(typeof deadLetterEvents)[number]['of']>;
