import { DomainError, fold, type Decider, type StoredEvent } from '#libs/decider';
import { expect as check } from 'vitest';

/**
 * Given/when/then for one decider: `given(...events).when(command).expect(...events)`, or `.expectRefusal(code)`.
 * The events compare by value and order; what `given` folds is also what a repeated `evolve` must be able to read.
 */
export function specFor<State, Command, Event extends StoredEvent>(decider: Decider<State, Command, Event>) {
  return (...events: Event[]) => ({
    when: (command: Command) => {
      const decide = () => decider.decide(command, fold(decider, events));
      return {
        /** Exactly these events; none means that the command is accepted and changes nothing. */
        expect: (...expected: Event[]) => {
          const decided = decide();
          check(decided).toEqual(expected);
          // The decided events must be ones that the state can take in.
          fold(decider, [...events, ...decided]);
        },
        /** Exactly this `DomainError` code. */
        expectRefusal: (code: DomainError['code']) => {
          check(refusalOf(decide)).toBe(code);
        },
      };
    },
  });
}

function refusalOf(decide: () => readonly StoredEvent[]): string {
  try {
    return `accepted: ${JSON.stringify(decide())}`;
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}
