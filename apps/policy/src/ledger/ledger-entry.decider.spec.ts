import { LedgerEntryPosted } from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, it } from 'vitest';
import { ledgerEntryDecider } from './ledger-entry.decider.js';

const given = specFor(ledgerEntryDecider);
const about = {
  entryId: 'entry_1',
  tenantId: 'acme',
  minute: '2026-11-28T09:00:00.000Z',
  currency: 'USD',
  model: '',
  author: 'user_ada',
  reason: { subjectId: 'user_ada', box: 'sealed' },
  at: '2026-11-28T09:05:00.000Z',
};
const accounts = { account: 'user:user_dev', against: 'provider-account:local' };
const used = { calls: 2, inputTokens: 10, outputTokens: 4 };
const unused = { calls: 0, inputTokens: 0, outputTokens: 0 };
const usage = (amount: string) => ({ type: 'PostExternalUsage' as const, ...about, ...accounts, ...used, amount });
const correction = (amount: string) => ({ type: 'PostCorrection' as const, ...about, ...accounts, amount });
const owes = { debit: accounts.account, credit: accounts.against };
const isOwed = { debit: accounts.against, credit: accounts.account };

describe('usage that no gateway saw', () => {
  it('is owed by the account', () => {
    const posted = LedgerEntryPosted.of({ ...about, ...used, ...owes, kind: 'external_usage', amount: '1.5' });
    given().when(usage('1.5')).expect(posted);
    given(posted).when(usage('1.5')).expectRefusal('ledger-entry/id-taken');
  });

  it('may cost nothing', () => {
    given()
      .when(usage('0'))
      .expect(LedgerEntryPosted.of({ ...about, ...used, ...owes, kind: 'external_usage', amount: '0' }));
  });

  it.each(['-1', '-0.000000000001', '-0'])('never credits anyone: %s', (amount) => {
    given().when(usage(amount)).expectRefusal('ledger-entry/invalid');
  });
});

describe('a correction', () => {
  it('upwards is owed by the account', () => {
    given()
      .when(correction('2'))
      .expect(LedgerEntryPosted.of({ ...about, ...unused, ...owes, kind: 'correction', amount: '2' }));
  });

  it('downwards names the accounts the other way round, so that no amount is negative', () => {
    given()
      .when(correction('-2.25'))
      .expect(LedgerEntryPosted.of({ ...about, ...unused, ...isOwed, kind: 'correction', amount: '2.25' }));
  });

  it.each(['0', '-0', '0.00', '-0.000'])('of nothing is refused: %s', (amount) => {
    given().when(correction(amount)).expectRefusal('ledger-entry/invalid');
  });
});
