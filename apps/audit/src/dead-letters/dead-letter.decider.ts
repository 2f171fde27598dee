import { DeadLetterRedriven, PLATFORM_TENANT, type DeadLetterEvent } from '#libs/contracts';
import type { Decider } from '#libs/decider';

export type RedriveDeadLetter = {
  type: 'RedriveDeadLetter';
  letterId: string;
  at: string;
  topic: string;
  partition: number;
  givenUpFor: string;
};
/** How often it was sent again, and when last. */
export type DeadLetterState = { readonly times: number; readonly lastAt: string | null };

/**
 * A letter may be sent again as often as somebody likes: what it holds is stored once. Only what was sent is remembered
 * here; the letters themselves stay in their topic.
 */
export const deadLetterDecider: Decider<DeadLetterState, RedriveDeadLetter, DeadLetterEvent> = {
  initialState: () => ({ times: 0, lastAt: null }),
  evolve: ({ times }, { data }) => ({ times: times + 1, lastAt: data.at }),
  decide: ({ type: _, ...sent }) => [DeadLetterRedriven.of({ tenantId: PLATFORM_TENANT, ...sent })],
};
