import { LedgerEntryPosted, type LedgerEvent } from '#libs/contracts';
import { DomainError, type Decider } from '#libs/decider';

type Posted = LedgerEvent['data'];

/** Usage that no gateway saw: `amount` is never negative. */
export type PostExternalUsage = { type: 'PostExternalUsage' } & Omit<Posted, 'kind' | 'debit' | 'credit'> & Accounts;
/** `amount` may have a sign: with `-` the account owes less. */
export type PostCorrection = { type: 'PostCorrection' } & Omit<
  Posted,
  'kind' | 'debit' | 'credit' | 'calls' | 'inputTokens' | 'outputTokens'
> &
  Accounts;
type Accounts = { readonly account: string; readonly against: string };
export type LedgerEntryCommand = PostExternalUsage | PostCorrection;
export type LedgerEntryState = { readonly isPosted: boolean };

const NEGATIVE = /^-/;
const ZERO = /^-?0+(\.0+)?$/;

/** Entries are written once and never changed: what was wrong is corrected by another one. */
export const ledgerEntryDecider: Decider<LedgerEntryState, LedgerEntryCommand, LedgerEvent> = {
  initialState: () => ({ isPosted: false }),
  evolve: () => ({ isPosted: true }),
  decide: (command, { isPosted }) => {
    if (isPosted) throw new DomainError('ledger-entry/id-taken', 'This entry id is already in use.');
    switch (command.type) {
      case 'PostExternalUsage': {
        const { type: _, account: debit, against: credit, ...entry } = command;
        if (NEGATIVE.test(entry.amount)) {
          throw new DomainError('ledger-entry/invalid', 'Usage never costs less than nothing.');
        }
        return [LedgerEntryPosted.of({ ...entry, kind: 'external_usage', debit, credit })];
      }
      case 'PostCorrection': {
        const { type: _, account, against, ...entry } = command;
        if (ZERO.test(entry.amount)) throw new DomainError('ledger-entry/invalid', 'A correction of nothing.');
        const isLess = NEGATIVE.test(entry.amount);
        const [debit, credit] = isLess ? [against, account] : [account, against];
        const nothing = { calls: 0, inputTokens: 0, outputTokens: 0 };
        const amount = entry.amount.replace(NEGATIVE, '');
        return [LedgerEntryPosted.of({ ...entry, ...nothing, amount, kind: 'correction', debit, credit })];
      }
    }
  },
};
