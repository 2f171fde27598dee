import { expect, it } from 'vitest';
import { BalancesQuery, EntriesQuery } from './ledger-bodies.js';

it('takes no time that PostgreSQL could not hold with all that is reckoned from it', () => {
  const asks = (at: string) => [
    EntriesQuery.safeParse({ from: at }).success,
    EntriesQuery.safeParse({ to: at }).success,
    BalancesQuery.safeParse({ at }).success,
  ];
  for (const at of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '1970-01-01T00:00:00+14:00']) {
    expect(asks(at)).toEqual([false, false, false]);
  }
  for (const at of ['1970-01-01T00:00:00Z', '2026-11-28T23:59:59.999+14:00', '8999-12-31T23:59:59Z']) {
    expect(asks(at)).toEqual([true, true, true]);
  }
});
