import { LegalHoldReleased, LegalHoldSet, type LegalHoldEvent, type Sealed } from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';

type Said = { readonly tenantId: string; readonly at: string; readonly author: string };
/** `reason` as the hold has it already, or sealed anew: whether two boxes say the same only their key tells. */
export type SetLegalHold = { readonly type: 'SetLegalHold'; readonly reason: Sealed } & Said;
export type ReleaseLegalHold = { readonly type: 'ReleaseLegalHold' } & Said;
export type LegalHoldCommand = SetLegalHold | ReleaseLegalHold;

/** Why the record is held; undefined where it is not. */
export type LegalHoldState = { readonly reason: Sealed | undefined };

/** Whether the record of one tenant is held. */
export const legalHoldDecider: Decider<LegalHoldState, LegalHoldCommand, LegalHoldEvent> = {
  initialState: () => ({ reason: undefined }),

  evolve: (_state, event) => ({ reason: event.type === LegalHoldSet.type ? event.data.reason : undefined }),

  decide: (command, { reason }) => {
    switch (command.type) {
      case 'SetLegalHold': {
        if (reason?.box === command.reason.box) return [];
        const { type: _, ...said } = command;
        return [LegalHoldSet.of(said)];
      }
      case 'ReleaseLegalHold': {
        if (!reason) throw new DomainError('legal-hold/not-found', 'The record of this tenant is not held.');
        const { type: _, ...said } = command;
        return [LegalHoldReleased.of(said)];
      }
    }
  },
};
